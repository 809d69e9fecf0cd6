//! Where the configuration is: here or above, up to the root of the repository, and never inside what is scanned.

use std::{
    collections::BTreeMap,
    env, fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use config::Layer;

use crate::{arguments::SettingsArguments, problem::Problem};

/// The files that hold a configuration of its own.
const OWN: &str = "modelward.toml";
/// The file that holds one among others.
const PROJECT: &str = "pyproject.toml";

/// What was found.
#[derive(Default)]
pub(crate) struct Files {
    /// Weakest first.
    pub layers: Vec<Layer>,
    /// The folder of each file, by its name in messages: paths in a file are relative to it.
    pub folders: BTreeMap<String, PathBuf>,
    /// A file that was passed over, because what is scanned must not configure its scan.
    pub passed_over: Option<String>,
}

impl Files {
    fn add(&mut self, layer: Layer, path: &Path) {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        self.folders.insert(layer.file.clone(), folder);
        self.layers.push(layer);
    }
}

/// Reads what `arguments` and the place ask for. `targets` are the folders and files to be scanned.
///
/// # Errors
/// A file that cannot be read, or that is refused.
pub(crate) fn files(arguments: &SettingsArguments, targets: &[PathBuf]) -> Result<Files, Problem> {
    let mut files = Files::default();
    if let Some(path) = &arguments.config {
        let text = text(path)?.ok_or_else(|| Problem::new(format!("--config: {} does not exist", path.display())))?;
        let name = path.display().to_string();
        let refused = || Problem::new(format!("--config: {name} has no table [tool.modelward]"));
        let layer = if path.file_name().is_some_and(|file| file == PROJECT) {
            Layer::parse_pyproject(&name, &text).map_err(told)?.ok_or_else(refused)?
        } else {
            Layer::parse(&name, &text).map_err(told)?
        };
        files.add(layer, path);
        return Ok(files);
    }
    if arguments.no_config {
        return Ok(files);
    }
    if let Some(path) = of_the_user()
        && let Some(text) = text(&path)?
    {
        files.add(Layer::parse("the user's modelward.toml", &text).map_err(told)?, &path);
    }
    let scanned: Vec<PathBuf> = targets.iter().filter_map(|path| path.canonicalize().ok()).collect();
    let Ok(here) = env::current_dir().and_then(fs::canonicalize) else { return Ok(files) };
    let mut shown = PathBuf::new();
    for folder in here.ancestors() {
        let inside = scanned.iter().any(|target| target.is_dir() && folder.starts_with(target));
        if let Some((layer, path)) = in_folder(folder, &shown)? {
            if !inside {
                files.add(layer, &path);
                break;
            }
            files.passed_over.get_or_insert(layer.file);
        }
        if folder.join(".git").exists() {
            break;
        }
        shown.push("..");
    }
    Ok(files)
}

fn told(fault: config::Fault) -> Problem {
    Problem::new(fault.to_string())
}

/// The configuration in `folder`, which messages call `shown`.
fn in_folder(folder: &Path, shown: &Path) -> Result<Option<(Layer, PathBuf)>, Problem> {
    let name = |file: &str| shown.join(file).display().to_string();
    let path = folder.join(OWN);
    if let Some(text) = text(&path)? {
        return Ok(Some((Layer::parse(&name(OWN), &text).map_err(told)?, path)));
    }
    let path = folder.join(PROJECT);
    match text(&path)? {
        // Other tools complain about a pyproject.toml that is none; without the word there is nothing of ours in it.
        Some(text) if text.contains("modelward") => {
            let layer = Layer::parse_pyproject(&name(PROJECT), &text).map_err(told)?;
            Ok(layer.map(|layer| (layer, path)))
        }
        _ => Ok(None),
    }
}

/// The text of a file; none where there is no file.
fn text(path: &Path) -> Result<Option<String>, Problem> {
    match fs::metadata(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Ok(found) if !found.is_file() => return Ok(None),
        _ => {}
    }
    fs::read_to_string(path).map(Some).map_err(|error| Problem::new(format!("{}: {error}", path.display())))
}

fn of_the_user() -> Option<PathBuf> {
    of_the_user_in("XDG_CONFIG_HOME", ".config").map(|folder| folder.join(OWN))
}

/// The user's folder for Modelward: where a variable says, or below the home folder.
pub(crate) fn of_the_user_in(variable: &str, below_home: &str) -> Option<PathBuf> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute(variable).or_else(|| absolute("HOME").map(|home| home.join(below_home)))?;
    Some(base.join("modelward"))
}
