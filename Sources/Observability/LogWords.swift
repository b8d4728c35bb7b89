// What may be written to a log. A log of a node must not be able to carry an address, a key or a text, not even
// by mistake, so it is not made of strings: it is made of words that stand in the source and of numbers.
// An interpolated `String` does not compile.

public import Essentials

/// A sentence for the log.
///
///     log.notice("the mesh is reached: \(members) members")
public struct LogWords: Hashable, Sendable, ExpressibleByStringInterpolation, CustomStringConvertible {
    public let description: String

    public init(stringLiteral value: StaticString) { description = value.description }

    public init(stringInterpolation: StringInterpolation) { description = stringInterpolation.text }

    /// Collects what is allowed and nothing else.
    public struct StringInterpolation: StringInterpolationProtocol, Sendable {
        fileprivate var text = ""

        public init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + 8 * interpolationCount)
        }

        public mutating func appendLiteral(_ literal: StaticString) { text += literal.description }
        public mutating func appendInterpolation(_ number: some FixedWidthInteger) { text += String(number) }
        public mutating func appendInterpolation(_ words: LogWords) { text += words.description }
        public mutating func appendInterpolation(_ answer: Bool) { text += answer ? "yes" : "no" }

        /// In milliseconds.
        public mutating func appendInterpolation(_ span: Span) { text += "\(span.milliseconds) ms" }
    }
}
