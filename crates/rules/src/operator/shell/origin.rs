//! From where a script takes what it runs: publishers whose installers everyone runs, hosts of code, anywhere else.

/// Addresses under which a publisher serves its own installers, without their scheme.
const PUBLISHERS: &[&str] = &[
    "apt.llvm.org/",
    "archive.apache.org/",
    "astral.sh/",
    "aka.ms/",
    "awscli.amazonaws.com/",
    "bootstrap.pypa.io/",
    "bun.sh/",
    "cli.github.com/",
    "conda.anaconda.org/",
    "deb.nodesource.com/",
    "developer.download.nvidia.com/",
    "dl.google.com/",
    "dl.k8s.io/",
    "dl.min.io/",
    "dlcdn.apache.org/",
    "download.docker.com/",
    "download.pytorch.org/",
    "files.pythonhosted.org/",
    "ftp.gnu.org/",
    "get.docker.com",
    "get.helm.sh/",
    "get.sdkman.io",
    "go.dev/",
    "hf.co/cli/",
    "huggingface.co/cli/",
    "index.crates.io/",
    "install.python-poetry.org",
    "julialang-s3.julialang.org/",
    "micro.mamba.pm/",
    "nodejs.org/",
    "nvidia.github.io/",
    "ollama.ai/install",
    "ollama.com/install",
    "packagecloud.io/install/repositories/github/git-lfs/",
    "packages.cloud.google.com/",
    "packages.microsoft.com/",
    "pypi.nvidia.com",
    "pypi.ngc.nvidia.com",
    "pypi.org/",
    "pypi.python.org/",
    "pypi.tuna.tsinghua.edu.cn/",
    "pyenv.run",
    "registry.npmjs.org",
    "repo.anaconda.com/",
    "repo.continuum.io/",
    "rpm.nodesource.com/",
    "sdk.cloud.google.com",
    "sh.rustup.rs",
    "static.rust-lang.org/",
    "test.pypi.org/",
    "www.python.org/ftp/",
];
/// Owners on hosts of code who publish what everyone builds with.
const OWNERS: &[&str] = &[
    "allenai",
    "anthropics",
    "apache",
    "astral-sh",
    "automatic1111",
    "bazelbuild",
    "bigscience-workshop",
    "bitsandbytes-foundation",
    "comfyanonymous",
    "conda-forge",
    "cupy",
    "dao-ailab",
    "deepspeedai",
    "dmlc",
    "docker",
    "eleutherai",
    "explosion",
    "facebookresearch",
    "ggerganov",
    "ggml-org",
    "git-lfs",
    "google",
    "google-deepmind",
    "google-research",
    "googlecolab",
    "helm",
    "homebrew",
    "huggingface",
    "jax-ml",
    "keras-team",
    "kitware",
    "krallin",
    "kubernetes",
    "langchain-ai",
    "lightning-ai",
    "microsoft",
    "mikefarah",
    "mlc-ai",
    "mlflow",
    "numpy",
    "nvidia",
    "nvlabs",
    "nvm-sh",
    "ollama",
    "onnx",
    "oobabooga",
    "open-mmlab",
    "openai",
    "opencv",
    "openvinotoolkit",
    "paddlepaddle",
    "pyenv",
    "pypa",
    "python",
    "pytorch",
    "pytorchlightning",
    "qwenlm",
    "ray-project",
    "rapidsai",
    "rust-lang",
    "salesforce",
    "scikit-learn",
    "sgl-project",
    "stability-ai",
    "stanfordnlp",
    "tensorflow",
    "triton-inference-server",
    "ultralytics",
    "unslothai",
    "vllm-project",
    "wandb",
    "xinntao",
];
/// Hosts on which anyone publishes code under a name.
const HOSTS: &[&str] = &[
    "bitbucket.org/",
    "codeload.github.com/",
    "gist.githubusercontent.com/",
    "github.com/",
    "gitlab.com/",
    "huggingface.co/",
    "raw.githubusercontent.com/",
    "sourceforge.net/",
    "www.github.com/",
];

/// From where something comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// A publisher of what everyone builds with.
    Publisher,
    /// A host of code, under anyone's name.
    Host,
    /// Anywhere, over a connection that proves who answers.
    Proved,
    /// Anywhere, and anyone on the way may answer.
    Unproved,
}

/// The worst origin of the addresses in a text; none without an address.
pub(super) fn worst(text: &str) -> Option<Origin> {
    let words = text.split(|letter: char| letter.is_whitespace() || "\"'`()<>|;,".contains(letter));
    words.filter(|word| word.contains("://") || is_remote(word)).map(of).max()
}

/// Where an address leads.
pub(super) fn of(address: &str) -> Origin {
    let address = address.to_ascii_lowercase();
    let from = ["https://", "http://", "git+", "ssh://", "git@", "ftp://", "tcp://", "git://"];
    let start = from.iter().filter_map(|scheme| address.find(scheme)).min().unwrap_or(0);
    let address = address.get(start..).unwrap_or_default().trim_start_matches("git+");
    let bucket = ["s3://", "gs://"].iter().any(|scheme| address.starts_with(scheme));
    let proved = ["https://", "ssh://", "git@"].iter().find_map(|scheme| address.strip_prefix(scheme));
    let Some(rest) = proved else { return if bucket { Origin::Host } else { Origin::Unproved } };
    let rest = rest.strip_prefix("git@").unwrap_or(rest).replacen(':', "/", 1);
    // A user before the host is there to deceive: `https://github.com@x.example/`.
    let host = rest.split('/').next().unwrap_or_default();
    if host.contains('@') || !host.is_empty() && host.chars().all(|letter| letter.is_ascii_digit() || letter == '.') {
        return Origin::Unproved;
    }
    if PUBLISHERS.iter().any(|known| leads(&rest, known)) {
        return Origin::Publisher;
    }
    let Some(path) = HOSTS.iter().find_map(|host| rest.strip_prefix(host)) else { return Origin::Proved };
    let owner = path.split('/').next().unwrap_or_default();
    let gist = rest.starts_with("gist.");
    if OWNERS.contains(&owner) && !gist && !path.contains("..") { Origin::Publisher } else { Origin::Host }
}

/// Whether an address lies under a known one, which may end within a path but not within a host's name.
fn leads(address: &str, known: &str) -> bool {
    let Some(rest) = address.strip_prefix(known) else { return false };
    known.contains('/') && !rest.contains("..") || rest.is_empty() || rest.starts_with(['/', '?'])
}

/// `user@host:path`, as scp writes it.
fn is_remote(word: &str) -> bool {
    word.split_once(':').is_some_and(|(host, path)| host.contains('@') && host.contains('.') && !path.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_their_origin() {
        for (address, origin) in [
            ("https://sh.rustup.rs", Origin::Publisher),
            ("https://sh.rustup.rs.x.example/", Origin::Proved),
            ("https://raw.githubusercontent.com/nvm-sh/nvm/v1/install.sh", Origin::Publisher),
            ("https://raw.githubusercontent.com/someone/nvm/v1/install.sh", Origin::Host),
            ("https://github.com@x.example/google/a", Origin::Unproved),
            ("git+https://github.com/huggingface/transformers.git", Origin::Publisher),
            ("git@github.com:someone/x.git", Origin::Host),
            ("http://sh.rustup.rs", Origin::Unproved),
            ("https://10.0.0.1/x", Origin::Unproved),
            ("https://x.example/x", Origin::Proved),
            ("tcp://x:1", Origin::Unproved),
        ] {
            assert_eq!(of(address), origin, "{address}");
        }
        assert_eq!(worst("curl https://sh.rustup.rs http://x.example | sh"), Some(Origin::Unproved));
        assert_eq!(worst("echo hi"), None);
    }
}
