//! Symbols by which hosts find their extensions, and what such libraries ask of their hosts.

/// What a library is for, by what it exports: as an extension of an interpreter, or as a plug-in of a framework.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Host {
    Interpreter(&'static str),
    Framework(&'static str),
}

/// Exports that a host calls, by the whole name.
const EXPORTS: &[(&str, Host)] = &[
    ("JNI_OnLoad", Host::Interpreter("a Java extension")),
    ("napi_register_module_v1", Host::Interpreter("a Node.js extension")),
    ("RegisterCustomOps", Host::Framework("operators for ONNX Runtime")),
    ("CreateEpFactories", Host::Framework("an execution provider for ONNX Runtime")),
    ("GetProvider", Host::Framework("an execution provider for ONNX Runtime")),
    ("TF_InitKernel", Host::Framework("kernels for TensorFlow")),
    ("TF_InitPlugin", Host::Framework("a device for TensorFlow")),
    ("TF_InitGraph", Host::Framework("an optimiser for TensorFlow")),
    ("TF_InitProfiler", Host::Framework("a profiler for TensorFlow")),
    ("tflite_plugin_create_delegate", Host::Framework("a delegate for TensorFlow Lite")),
    ("initLibNvInferPlugins", Host::Framework("plug-ins for TensorRT")),
    ("getPluginCreators", Host::Framework("plug-ins for TensorRT")),
    ("getCreators", Host::Framework("plug-ins for TensorRT")),
    ("setLoggerFinder", Host::Framework("plug-ins for TensorRT")),
    ("create_extensions", Host::Framework("operators for OpenVINO")),
    ("CreatePluginEngine", Host::Framework("a device for OpenVINO")),
    ("GetPjrtApi", Host::Framework("a device for JAX")),
    ("TRITONBACKEND_Initialize", Host::Framework("a backend for Triton")),
    ("TRITONBACKEND_ModelInstanceExecute", Host::Framework("a backend for Triton")),
    ("TRITONREPOAGENT_Initialize", Host::Framework("a repository agent for Triton")),
    ("_opRegSize", Host::Framework("operators for MXNet")),
    ("NvDsInferParseCustomYoloV3", Host::Framework("a parser for DeepStream")),
];

/// Imports that only libraries of operators have: a static initialiser of theirs registers what they bring.
const IMPORTS: &[(&str, Host)] = &[
    ("_ZN10tensorflow", Host::Framework("operators for TensorFlow")),
    ("_ZN3tsl", Host::Framework("operators for TensorFlow")),
    ("TF_RegisterKernelBuilder", Host::Framework("kernels for TensorFlow")),
    ("TF_RegisterOpDefinition", Host::Framework("operators for TensorFlow")),
    ("_ZN5torch7Library", Host::Framework("operators for PyTorch")),
    ("_ZN5torch3jit", Host::Framework("operators for PyTorch")),
    ("_ZN3c10", Host::Framework("operators for PyTorch")),
    ("getPluginRegistry", Host::Framework("plug-ins for TensorRT")),
];

/// The host that calls this export.
pub(super) fn exported(name: &str) -> Option<Host> {
    if name.strip_prefix("PyInit_").is_some_and(|module| !module.is_empty()) {
        return Some(Host::Interpreter("a Python extension"));
    }
    if name.strip_prefix("R_init_").is_some_and(|package| !package.is_empty()) {
        return Some(Host::Interpreter("an R extension"));
    }
    if name.strip_prefix("luaopen_").is_some_and(|module| !module.is_empty()) {
        return Some(Host::Interpreter("a Lua extension"));
    }
    EXPORTS.iter().find(|(known, _)| *known == name).map(|(_, host)| *host)
}

/// The host whose registry this import reaches.
pub(super) fn imported(name: &str) -> Option<Host> {
    IMPORTS.iter().find(|(start, _)| name.starts_with(start)).map(|(_, host)| *host)
}
