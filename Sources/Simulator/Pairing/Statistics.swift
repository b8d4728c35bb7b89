// What chance alone would do: the tail of a chi-square distribution, and two proportions beside each other.

private import Foundation

/// Natural logarithm.
func logarithm(_ number: Double) -> Double { log(number) }

enum Statistics {
    /// The chance that a chi-square variable with so many degrees of freedom is at least `value`.
    static func chiSquareTail(_ value: Double, degrees: Int) -> Double {
        guard value > 0, degrees > 0 else { return 1 }
        return upperGamma(Double(degrees) / 2, value / 2)
    }

    /// The chance that a normal variable is at least so far from 0.
    static func normalTail(_ value: Double) -> Double { erfc(abs(value) / 2.0.squareRoot()) }

    /// How likely two shares differ as much as these by chance alone: successes of trials.
    static func twoProportions(_ one: (Int, Int), _ other: (Int, Int)) -> Double {
        guard one.1 > 0, other.1 > 0 else { return 1 }
        let shares = [Double(one.0) / Double(one.1), Double(other.0) / Double(other.1)]
        let pooled = Double(one.0 + other.0) / Double(one.1 + other.1)
        let spread = (pooled * (1 - pooled) * (1 / Double(one.1) + 1 / Double(other.1))).squareRoot()
        return spread > 0 ? normalTail((shares[0] - shares[1]) / spread) : 1
    }

    /// Regularised upper incomplete gamma function Q(a, x): a series below a + 1, a continued fraction above
    /// (Abramowitz and Stegun 6.5.29 and 6.5.31).
    private static func upperGamma(_ a: Double, _ x: Double) -> Double {
        let front = exp(a * log(x) - x - lgamma(a))
        if x < a + 1 {
            var (sum, term, place) = (1 / a, 1 / a, a)
            for _ in 0..<10_000 where abs(term) > abs(sum) * 1e-15 {
                place += 1
                term *= x / place
                sum += term
            }
            return max(0, 1 - sum * front)
        }
        var b = x + 1 - a, c = 1e300, d = 1 / b
        var fraction = d
        for step in 1..<10_000 {
            let numerator = -Double(step) * (Double(step) - a)
            b += 2
            d = 1 / nonZero(numerator * d + b)
            c = nonZero(b + numerator / c)
            fraction *= d * c
            if abs(d * c - 1) < 1e-15 { break }
        }
        return min(1, front * fraction)
    }

    private static func nonZero(_ number: Double) -> Double { abs(number) < 1e-300 ? 1e-300 : number }
}
