//! A value and where it came from.

/// A value of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Yes or no.
    Flag(bool),
    /// A number; of bytes where the option is a size.
    Number(u64),
    /// A word, a path, a duration.
    Text(String),
    /// Several.
    List(Vec<String>),
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::List(list) => {
                let words: Vec<String> = list.iter().map(|word| format!("{word:?}")).collect();
                write!(f, "[{}]", words.join(", "))
            }
        }
    }
}

/// Where a value came from, weakest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The program.
    Default,
    /// A built-in profile.
    Profile(String),
    /// A line of a file.
    File {
        /// As it was named.
        file: String,
        /// From 1.
        line: usize,
    },
    /// A variable of the environment.
    Environment(String),
    /// An option of the command line.
    Option(String),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Profile(name) => write!(f, "profile {name}"),
            Self::File { file, line } => write!(f, "{file}:{line}"),
            Self::Environment(name) | Self::Option(name) => f.write_str(name),
        }
    }
}
