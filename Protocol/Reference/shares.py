"""Scalar shares, the tree over them, the seal.  Page: 06-pairing.md, "Shares"."""

import os

from conventions import H, H512, Refused, agree, u8, u32

ORDER = 2**252 + 27742317777372353535851937790883648493


def scalar(data):
    """The number in 32 little-endian bytes; what is not below the group's order is no scalar."""
    number = int.from_bytes(data, "little")
    if len(data) != 32 or number >= ORDER:
        raise Refused("no scalar")
    return number


def scalar_bytes(number):
    return number.to_bytes(32, "little")


def fresh_nonce():
    """Each scalar equally likely, but for less than one in 2^250."""
    return scalar_bytes(int.from_bytes(os.urandom(64), "little") % ORDER)


def threshold(count):
    return count // 2 + 1


def coefficients(nonce, count):
    rest = [int.from_bytes(H512("passant/coefficient/1", nonce, u8(i)), "little") % ORDER
            for i in range(1, threshold(count))]
    return [scalar(nonce)] + rest


def shares(nonce, count):
    polynomial = coefficients(nonce, count)
    return [scalar_bytes(sum(a * pow(j + 1, i, ORDER) for i, a in enumerate(polynomial)) % ORDER)
            for j in range(count)]


def restored(listed):
    """Lagrange's formula at 0, of {index: share}."""
    points = [(index + 1, scalar(share)) for index, share in listed.items()]
    total = 0
    for x, y in points:
        above = below = 1
        for other, _ in points:
            if other != x:
                above, below = above * other % ORDER, below * (other - x) % ORDER
        total += y * above * pow(below, -1, ORDER)
    return scalar_bytes(total % ORDER)


# The tree

def leaf(index, share):
    return H("passant/share-leaf/1", u8(index), share)


def node(left, right):
    return H("passant/share-node/1", left, right)


def _left_count(count):
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def _root(leaves):
    if len(leaves) == 1:
        return leaves[0]
    left = _left_count(len(leaves))
    return node(_root(leaves[:left]), _root(leaves[left:]))


def root(all_shares):
    return _root([leaf(index, share) for index, share in enumerate(all_shares)])


def _path(leaves, index):
    if len(leaves) == 1:
        return []
    left = _left_count(len(leaves))
    if index < left:
        return _path(leaves[:left], index) + [_root(leaves[left:])]
    return _path(leaves[left:], index - left) + [_root(leaves[:left])]


def path(all_shares, index):
    return _path([leaf(i, share) for i, share in enumerate(all_shares)], index)


def _turns(index, count):
    """For each step from the leaf up: whether the sibling is on the right."""
    if count == 1:
        return []
    left = _left_count(count)
    if index < left:
        return _turns(index, left) + [True]
    return _turns(index - left, count - left) + [False]


def is_under(tree_root, index, count, share, siblings):
    """Whether `share` is the leaf at `index` of a tree over `count` leaves."""
    if not index < count:
        return False
    turns = _turns(index, count)
    if len(turns) != len(siblings):
        return False
    current = leaf(index, share)
    for on_the_right, sibling in zip(turns, siblings):
        current = node(current, sibling) if on_the_right else node(sibling, current)
    return current == tree_root


def nonce_under(tree_root, count, listed):
    """The nonce that {index: share} restore, if the tree over all shares that follow from it has that root."""
    if len(listed) < threshold(count):
        raise Refused("too few shares")
    chosen = dict(sorted(listed.items())[: threshold(count)])
    nonce = restored(chosen)
    if root(shares(nonce, count)) != tree_root:
        raise Refused("another root")
    return nonce


# The seal

def mask(secret, channel_key, digest, index):
    """Either side: the single-use secret and the keeper's channel key, or the other way round."""
    return H("passant/share-seal/1", agree(secret, channel_key), digest, u32(index))


def sealed(share, mask_):
    return bytes(a ^ b for a, b in zip(share, mask_, strict=True))
