# Makes pickles of random graphs of plain data, and checks that evaluating their listings gives the same graphs.
import ast, collections, io, pickle, pickletools, random


def leaf(rng):
    return rng.choice([
        None, True, False, 0, 1, -1, 255, 256, 65536, -2**31, 2**31, 2**63, -2**70, 2**5000, 0.1, -0.0, 1e300, 1e-300,
        float("inf"), "", "a", "it's", 'say "x"', "both ' and \"", "line\nbreak\ttab\\", "é模型", "\x00\x1b\x7f\x85", "\u202e\u200b",
        "\ud800", "\udfff", "x" * 200, "é" * 300, b"", b"bytes", b"'\"\\\x00\xff", bytes(range(256)), b"y" * 300,
        "\ud83d\ude00", "😀", "\\u0041", "nul\x00nul", (), frozenset(), 10**400, -10**999,
    ])


def frozen(rng, depth):
    if depth <= 0 or rng.random() < 0.6:
        return leaf(rng)
    parts = [frozen(rng, depth - 1) for _ in range(rng.randrange(4))]
    return tuple(parts) if rng.random() < 0.6 else frozenset(parts)


def graph(rng):
    made = []

    def build(depth):
        if made and rng.random() < 0.25:
            return rng.choice(made)
        kind = rng.randrange(9)
        count = rng.choice([0, 1, 2, 3, 5, 30])
        if depth <= 0 or kind == 0 or len(made) > 60:
            return leaf(rng)
        if kind in (1, 2):
            value = []
            made.append(value)
            value.extend(build(depth - 1) for _ in range(count))
        elif kind in (3, 4):
            value = {}
            made.append(value)
            for _ in range(count):
                value[frozen(rng, 2)] = build(depth - 1)
        elif kind == 5:
            value = {frozen(rng, 2) for _ in range(count)}
            made.append(value)
        elif kind == 6:
            value = bytearray(rng.randbytes(count))
            made.append(value)
        elif kind == 7:
            value = collections.OrderedDict((frozen(rng, 1), build(depth - 1)) for _ in range(count))
            made.append(value)
        else:
            value = tuple(build(depth - 1) for _ in range(count))
            made.append(value)
        return value

    top = [build(4) for _ in range(4)]
    # Cycles, through tuples too.
    lists = [value for value in made if type(value) is list]
    for value in lists[:3]:
        value.append(rng.choice(made))
        value.append((value, "loop"))
    if rng.random() < 0.3:
        top.append(top)
    return top


def make(count, seed):
    rng = random.Random(seed)
    for number in range(count):
        value = graph(rng)
        for protocol in rng.sample(range(6), 4):
            raw = pickle.dumps(value, protocol) if rng.random() < 0.5 else slow(value, protocol)
            print(raw.hex())


def slow(value, protocol):
    out = io.BytesIO()
    pickle._Pickler(out, protocol).dump(value)
    return out.getvalue()


def same(one, two):
    pairs, open_ = {}, [(one, two)]
    while open_:
        a, b = open_.pop()
        assert type(a) is type(b), (type(a), type(b))
        if isinstance(a, (list, dict, set, bytearray)) or (isinstance(a, (tuple, frozenset)) and a):
            # One object is one object; constants may be told apart or not.
            if isinstance(a, (list, dict, set, bytearray)):
                assert pairs.setdefault(id(a), id(b)) == id(b), "sharing"
                assert pairs.setdefault(-id(b), id(a)) == id(a), "sharing"
            key = (id(a), id(b))
            if key in pairs:
                continue
            pairs[key] = True
        if isinstance(a, (list, tuple)):
            assert len(a) == len(b)
            open_.extend(zip(a, b))
        elif isinstance(a, dict):
            assert len(a) == len(b)
            for (k, v), (l, w) in zip(a.items(), b.items()):
                open_.extend([(k, l), (v, w)])
        elif isinstance(a, (set, frozenset)):
            assert a == b
        elif isinstance(a, float):
            assert repr(a) == repr(b)
        else:
            assert a == b, (a, b)


def check(path):
    count = 0
    for line in open(path):
        raw, text = (bytes.fromhex(part) for part in line.split(" "))
        text = text.decode()
        ast.parse(text)
        space = {}
        exec(text, space)
        same(pickle.loads(raw), space["result"])
        count += 1
    print(count, "graphs are the same")
