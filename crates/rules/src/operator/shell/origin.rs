//! From where a script takes what it runs: publishers whose installers everyone runs, hosts of code, anywhere else.

/// Addresses under which a publisher serves its own installers, without their scheme.
const PUBLISHERS: &[&str] = &[
    "aka.ms/",
    "apt.llvm.org/",
    "archive.apache.org/",
    "astral.sh/",
    "awscli.amazonaws.com/",
    "bootstrap.pypa.io/",
    "bun.sh/",
    "chocolatey.org/install",
    "claude.ai/install",
    "cli.github.com/",
    "code-server.dev/install",
    "community.chocolatey.org/install",
    "conda.anaconda.org/",
    "course.fast.ai/setup/",
    "deb.nodesource.com/",
    "deno.land/install",
    "deno.land/x/install/",
    "developer.download.nvidia.com/",
    "dl.google.com/",
    "dl.k8s.io/",
    "dl.min.io/",
    "dlcdn.apache.org/",
    "download.docker.com/",
    "download.pytorch.org/",
    "files.pythonhosted.org/",
    "fly.io/install",
    "ftp.gnu.org/",
    "get.docker.com",
    "get.helm.sh/",
    "get.k3s.io",
    "get.pnpm.io/",
    "get.scoop.sh",
    "get.sdkman.io",
    "go.dev/",
    "hf.co/cli/",
    "huggingface.co/cli/",
    "index.crates.io/",
    "install.julialang.org",
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
    "pixi.sh/",
    "pkgs.tailscale.com/",
    "pyenv.run",
    "pypi.ngc.nvidia.com",
    "pypi.nvidia.com",
    "pypi.org/",
    "pypi.python.org/",
    "rclone.org/install",
    "registry.npmjs.org",
    "repo.anaconda.com/",
    "repo.continuum.io/",
    "rpm.nodesource.com/",
    "sdk.cloud.google.com",
    "sh.rustup.rs",
    "starship.rs/install",
    "static.rust-lang.org/",
    "tailscale.com/install",
    "test.pypi.org/",
    "www.python.org/ftp/",
];
/// Mirrors of the index of Python packages, which many take over plain HTTP as their operators say.
const MIRRORS: &[&str] = &[
    "mirror.baidu.com/pypi/",
    "mirror.nju.edu.cn/pypi/",
    "mirror.sjtu.edu.cn/pypi/",
    "mirrors.163.com/pypi/",
    "mirrors.aliyun.com/pypi/",
    "mirrors.bfsu.edu.cn/pypi/",
    "mirrors.cloud.tencent.com/pypi/",
    "mirrors.huaweicloud.com/repository/pypi/",
    "mirrors.tencent.com/pypi/",
    "mirrors.tuna.tsinghua.edu.cn/pypi/",
    "mirrors.ustc.edu.cn/pypi/",
    "mirrors.zju.edu.cn/pypi/",
    "pypi.douban.com/",
    "pypi.doubanio.com/",
    "pypi.mirrors.ustc.edu.cn/",
    "pypi.tuna.tsinghua.edu.cn/",
    "repo.huaweicloud.com/repository/pypi/",
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
    let (addresses, bare): (Vec<&str>, Vec<&str>) = words.partition(|word| word.contains("://") || is_remote(word));
    // As its own page says it, where nothing else may be an address: `curl -L micro.mamba.pm/install.sh`.
    let mut named = bare.into_iter().filter(|word| word.contains('.'));
    let published = named.next().is_some_and(is_published) && named.next().is_none();
    addresses.into_iter().map(of).max().or(published.then_some(Origin::Publisher))
}

/// Whether all addresses in a text are mirrors of packages, however they are reached.
pub(super) fn is_mirror(text: &str) -> bool {
    let mut addresses = text
        .split(|letter: char| letter.is_whitespace() || "\"'".contains(letter))
        .filter_map(|word| word.split_once("://"))
        .peekable();
    addresses.peek().is_some() && addresses.all(|(_, rest)| MIRRORS.iter().any(|known| leads(rest, known)))
}

/// Whether an address without its scheme is that of a publisher.
fn is_published(rest: &str) -> bool {
    let rest = rest.to_ascii_lowercase();
    PUBLISHERS.iter().chain(MIRRORS).any(|known| rest.contains('/') && leads(&rest, known))
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
    if PUBLISHERS.iter().chain(MIRRORS).any(|known| leads(&rest, known)) {
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
            ("https://get.k3s.io", Origin::Publisher),
            ("https://pixi.sh/install.sh", Origin::Publisher),
            ("https://pixi.sh.x.example/install.sh", Origin::Proved),
            ("https://fly.io/other.sh", Origin::Proved),
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
        assert_eq!(worst("sh <(curl -L micro.mamba.pm/install.sh)"), Some(Origin::Publisher));
        assert_eq!(worst("sh <(curl -L micro.mamba.pm.x.example/install.sh)"), None);
        assert!(
            is_mirror("http://mirrors.aliyun.com/pypi/simple") && is_mirror("https://pypi.tuna.tsinghua.edu.cn/simple")
        );
        assert!(!is_mirror("http://mirrors.aliyun.com.x.example/pypi/simple") && !is_mirror("pip"));
        assert!(!is_mirror("http://mirrors.aliyun.com/pypi/simple http://x.example/simple"));
    }
}
