"""The group ristretto255 (RFC 9496), from its sections 4.2 to 4.3, on Edwards points in extended coordinates."""

from conventions import Refused

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def _negative(number):
    return number & 1


def _magnitude(number):
    return P - number if _negative(number) else number


def _sqrt_ratio(u, v):
    """(whether u/v is a square, its non-negative root or that of SQRT_M1·u/v)"""
    r = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    check = v * r * r % P
    correct, flipped = check == u % P, check == -u % P
    flipped_i = check == -u * SQRT_M1 % P
    if flipped or flipped_i:
        r = r * SQRT_M1 % P
    return correct or flipped, _magnitude(r)


SQRT_AD_MINUS_ONE = _sqrt_ratio(-D - 1, 1)[1]
# RFC 9496 fixes the signs of these two.
if SQRT_AD_MINUS_ONE != 25063068953384623474111414158702152701244531502492656460079210482610430750235:
    SQRT_AD_MINUS_ONE = -SQRT_AD_MINUS_ONE % P
INVSQRT_A_MINUS_D = _sqrt_ratio(1, -1 - D)[1]
ONE_MINUS_D_SQ = (1 - D * D) % P
D_MINUS_ONE_SQ = (D - 1) ** 2 % P

IDENTITY = (0, 1, 1, 0)


def add(one, other):
    """-1·x² + y² = 1 + d·x²·y², complete."""
    x1, y1, z1, t1 = one
    x2, y2, z2, t2 = other
    a, b = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar, point):
    result = IDENTITY
    for bit in bin(scalar)[2:]:
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def decoded(data):
    """A point other than the identity, from its one canonical encoding."""
    s = int.from_bytes(data, "little")
    if len(data) != 32 or s >= P or _negative(s) or s == 0:
        raise Refused("no point")
    ss = s * s % P
    u1, u2 = (1 - ss) % P, (1 + ss) % P
    v = (-D * u1 * u1 - u2 * u2) % P
    is_square, inverse = _sqrt_ratio(1, v * u2 * u2 % P)
    x_den = inverse * u2 % P
    y_den = inverse * x_den * v % P
    x = _magnitude(2 * s * x_den % P)
    y = u1 * y_den % P
    t = x * y % P
    if not is_square or _negative(t) or y == 0:
        raise Refused("no point")
    return x, y, 1, t


def encoded(point):
    x0, y0, z0, t0 = point
    u1, u2 = (z0 + y0) * (z0 - y0) % P, x0 * y0 % P
    inverse = _sqrt_ratio(1, u1 * u2 * u2 % P)[1]
    den1, den2 = inverse * u1 % P, inverse * u2 % P
    z_inv = den1 * den2 * t0 % P
    if _negative(t0 * z_inv % P):
        x, y, den = y0 * SQRT_M1 % P, x0 * SQRT_M1 % P, den1 * INVSQRT_A_MINUS_D % P
    else:
        x, y, den = x0, y0, den2
    if _negative(x * z_inv % P):
        y = -y % P
    return _magnitude(den * (z0 - y) % P).to_bytes(32, "little")


def _mapped(data):
    t = int.from_bytes(data, "little") % 2**255 % P
    r = SQRT_M1 * t * t % P
    u = (r + 1) * ONE_MINUS_D_SQ % P
    v = (-1 - r * D) * (r + D) % P
    was_square, s = _sqrt_ratio(u, v)
    c = -1
    if not was_square:
        s = -_magnitude(s * t % P) % P
        c = r
    n = (c * (r - 1) * D_MINUS_ONE_SQ - v) % P
    w0, w1 = 2 * s * v % P, n * SQRT_AD_MINUS_ONE % P
    w2, w3 = (1 - s * s) % P, (1 + s * s) % P
    return w0 * w3 % P, w2 * w1 % P, w1 * w3 % P, w0 * w2 % P


def from_uniform(data):
    """64 uniform bytes to a point (section 4.3.4)."""
    return add(_mapped(data[:32]), _mapped(data[32:]))
