//! Formats that are recognised but not read yet: a file of one of them is incomplete, never clean.

mod archives;
mod databases;
mod msgpack;
mod native;
mod protobuf;
mod runtimes;
mod scripts;
mod weights;

#[cfg(test)]
mod tests;

use base::{
    blob::Blob,
    fact::{Kind, Opaque},
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    sink::Sink,
    source::Access,
    stop::Stop,
};

pub(crate) use self::scripts::{
    batch as is_batch, extension, file_name, interpreted, powershell as is_powershell, shell as is_shell,
};

/// One row a format: id, name, extensions, and whether a head is of this format beyond doubt.
macro_rules! identified {
    (@state) => { claim_nothing };
    (@state native) => { native_code };
    ($($id:literal, $name:literal, [$($extension:literal),*], $detect:path $(, $state:ident)?;)+) => {
        /// Every identified format.
        pub(crate) const FORMATS: &[&Format] = &[$(
            &Format {
                id: $id,
                name: $name,
                extensions: &[$($extension),*],
                depth: Depth::Identified,
                access: Access::Random,
                class: Class::Active,
                facts: &[Kind::Opaque],
                detect: |head: &Head<'_>| $detect(head).then_some(Certainty::Certain),
                explain: None,
                parse: identified!(@state $($state)?),
            }
        ),+];
    };
}

identified! {
    "safetensors", "Safetensors", ["safetensors"], weights::safetensors;
    "gguf", "GGUF", ["gguf"], weights::gguf;
    "ggml", "GGML, GGMF or GGJT", ["bin", "ggml"], weights::ggml;
    "hdf5", "HDF5 (Keras, MATLAB 7.3)", ["h5", "hdf5", "keras", "mat"], weights::hdf5;
    "darknet-weights", "Darknet weights", ["weights"], weights::darknet;
    "mxnet-params", "MXNet parameters", ["params", "nd"], weights::mxnet;
    "paddle-params", "PaddlePaddle parameters", ["pdiparams"], weights::paddle_params;
    "coreml-weights", "Core ML weight blob", ["bin"], weights::coreml_weights;
    "xgboost-binary", "XGBoost binary model", ["model", "bin"], weights::xgboost_binary;
    "xgboost-ubj", "XGBoost UBJSON model", ["ubj"], weights::xgboost_ubj;
    "lightgbm", "LightGBM text model", ["txt", "model"], weights::lightgbm;
    "catboost", "CatBoost model", ["cbm"], weights::catboost;
    "vowpal-wabbit", "Vowpal Wabbit model", ["vw", "model"], weights::vowpal_wabbit;
    "fasttext", "fastText model", ["bin", "ftz"], weights::fasttext;
    "tiktoken", "tiktoken vocabulary", ["tiktoken"], weights::tiktoken;
    "flax-msgpack", "Flax MessagePack", ["msgpack"], msgpack::flax;
    "onnx", "ONNX", ["onnx"], protobuf::onnx;
    "tensorflow-saved-model", "TensorFlow SavedModel", ["pb"], protobuf::saved_model;
    "tensorflow-graph", "TensorFlow GraphDef", ["pb"], protobuf::graph_def;
    "tensorflow-meta-graph", "TensorFlow MetaGraphDef", ["meta"], protobuf::meta_graph;
    "keras-metadata", "Keras metadata of a SavedModel", ["pb"], protobuf::keras_metadata;
    "coreml", "Core ML model", ["mlmodel"], protobuf::coreml;
    "caffe", "Caffe model", ["caffemodel"], protobuf::caffe;
    "paddle-program", "PaddlePaddle program", ["pdmodel"], protobuf::paddle_program;
    "mindir", "MindSpore MindIR", ["mindir"], protobuf::mindir;
    "sentencepiece", "SentencePiece model", ["model", "spm"], protobuf::sentencepiece;
    "cntk", "CNTK model", ["cntk", "dnn", "model"], protobuf::cntk;
    "protobuf-text", "Protocol buffer text (Caffe prototxt, Triton, TensorFlow)", ["prototxt", "pbtxt", "textproto"], protobuf::text;
    "tflite", "TensorFlow Lite", ["tflite", "lite"], runtimes::tflite;
    "ort", "ONNX Runtime flatbuffer", ["ort"], runtimes::ort;
    "executorch", "ExecuTorch program", ["pte", "ptd"], runtimes::executorch;
    "tensorrt", "TensorRT engine", ["engine", "plan", "trt"], runtimes::tensorrt;
    "rknn", "RKNN model", ["rknn"], runtimes::rknn;
    "ncnn", "ncnn parameters", ["param"], runtimes::ncnn;
    "mnn", "MNN model", ["mnn"], runtimes::mnn;
    "mlir-bytecode", "MLIR bytecode (StableHLO)", ["mlirbc", "stablehlo"], runtimes::mlir_bytecode;
    "matlab", "MATLAB 5 MAT-file", ["mat"], databases::matlab;
    "parquet", "Parquet", ["parquet"], databases::parquet;
    "arrow", "Arrow or Feather file", ["arrow", "feather"], databases::arrow;
    "avro", "Avro container", ["avro"], databases::avro;
    "orc", "ORC", ["orc"], databases::orc;
    "lmdb", "LMDB database", ["mdb", "lmdb"], databases::lmdb;
    "dbm", "dbm database", ["db", "dbm", "gdbm"], databases::dbm;
    "leveldb-table", "LevelDB table (TensorFlow checkpoint index)", ["index", "ldb", "sst"], databases::leveldb_table;
    "ocdbt", "OCDBT manifest or node (Orbax)", ["ocdbt"], databases::ocdbt;
    "ole", "OLE compound file", ["doc", "xls", "msi"], databases::ole;
    "ape", "Actually Portable Executable (llamafile)", ["llamafile", "com"], native::ape, native;
    "dex", "Dalvik executable", ["dex"], native::dex;
    "windows-shortcut", "Windows shortcut", ["lnk"], native::windows_shortcut;
    "cython", "Cython source", ["pyx", "pxd"], scripts::cython;
    "javascript", "JavaScript", ["js", "mjs", "cjs"], scripts::javascript;
    "html", "HTML", ["html", "htm", "xhtml"], scripts::html;
    "script", "Script of another language", ["pl", "rb", "jl", "php", "tcl", "vbs", "wsf", "hta"], scripts::other;
    "squashfs-big-endian", "SquashFS image of a big-endian machine", ["squashfs", "sqsh"], archives::squashfs;
    "ar-thin", "Thin Unix archive", ["a"], crate::ar::is_thin;
}

/// The engine calls an artifact of an identified format incomplete: nothing of it is claimed.
fn claim_nothing(_: &Blob, _: &mut Sink<'_>) -> Result<(), Stop> {
    Ok(())
}

/// Native code is a fact by itself: nothing can judge what it does.
fn native_code(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let detail = "a program for several systems (APE)".into();
    sink.fact(Place::bytes(0, blob.len().unwrap_or(0)), Opaque { kind: "native-program".into(), detail })
}

/// The little-endian `u32` at `offset` of the head.
fn u32_at(head: &Head<'_>, offset: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*head.at(offset, 4)?.first_chunk()?))
}

/// The little-endian `u64` at `offset` of the head.
fn u64_at(head: &Head<'_>, offset: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*head.at(offset, 8)?.first_chunk()?))
}

/// Whether the bytes at `offset` of the head are `bytes`.
fn has(head: &Head<'_>, offset: usize, bytes: &[u8]) -> bool {
    head.at(offset, bytes.len()) == Some(bytes)
}

/// Whether `offset` lies inside the artifact, as far as its length is known.
fn inside(head: &Head<'_>, offset: u64) -> bool {
    head.len.is_none_or(|len| offset < len)
}
