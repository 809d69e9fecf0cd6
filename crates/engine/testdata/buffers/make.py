"""Makes loss.pkl: a loss of Keras, which pickles as the bytes of an archive in the state of an `io.BytesIO`. Needs keras."""

import pickle
from pathlib import Path

import keras

Path(__file__).with_name("loss.pkl").write_bytes(pickle.dumps(keras.losses.MeanSquaredError(), protocol=4))
