// Integer arithmetic that stops at the type's ends instead of trapping.

extension Int64 {
    public func saturatingAdd(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
    public func saturatingSubtract(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }
    public func saturatingMultiply(_ other: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
    }
}

extension UInt64 {
    /// Adds a signed amount.
    public func saturatingAdd(_ other: Int64) -> UInt64 {
        if other >= 0 {
            let (sum, overflow) = addingReportingOverflow(UInt64(other))
            return overflow ? .max : sum
        }
        let (difference, overflow) = subtractingReportingOverflow(other.magnitude)
        return overflow ? 0 : difference
    }
}
