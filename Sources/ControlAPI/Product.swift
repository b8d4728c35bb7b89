/// Which program this is.
public enum Product {
    /// The release, as in `CHANGELOG.md`.
    public static let version = "0.1.0"
    /// The version of the control protocol: Protocol/08-control.md.
    public static let controlVersion = 1
}
