//! The closed words of the callable tables: what kind a callable is and how it stands.

/// What a row of the callable tables names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A function or builtin.
    Function,
    /// A class: calling it builds an instance.
    Class,
    /// A function reached through its class, such as `Path.write_text`.
    Method,
    /// A module; the row's name is empty and its standing is what importing it does.
    Module,
    /// Any other value, such as a singleton or a registry.
    Object,
}

impl Kind {
    /// Every kind, in the order of its code in the compiled tables.
    pub const ALL: [Self; 5] = [Self::Function, Self::Class, Self::Method, Self::Module, Self::Object];

    /// The word in the tables.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Class => "class",
            Self::Method => "method",
            Self::Module => "module",
            Self::Object => "object",
        }
    }

    /// The kind whose [`Kind::id`] is `word`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == word)
    }
}

/// How a callable stands when a pickle names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Standing {
    /// Honest pickles need it and no argument makes it harmful.
    Safe(SafeRole),
    /// Its arguments decide.
    Judged(Judge),
    /// No honest model calls it, and a call does harm.
    Dangerous(Category),
}

/// Why a callable is harmless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SafeRole {
    /// Only builds a value.
    Construct,
    /// A pure function of its arguments, which may be folded.
    Pure,
    /// Harmless to import or call: registries, sentinels, loggers.
    Inert,
}

/// Which argument decides about a judged callable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Judge {
    /// Reads an attribute named by an argument: `getattr`, `operator.attrgetter`.
    Attribute,
    /// Reads an item of a mapping or sequence: `operator.getitem`, `dict.get`.
    Item,
    /// Calls or stores a callable given: `functools.partial`, `map`, `types.MethodType`.
    Apply,
    /// Calls a method named by an argument: `operator.methodcaller`.
    Method,
    /// Builds the class given: `copyreg._reconstructor`, `copyreg.__newobj__`.
    Reconstruct,
    /// Imports the module or name given: `__import__`, `importlib.import_module`.
    Import,
    /// Turns bytes or text into others: pure, judged by what comes out.
    Decode,
    /// Loads a nested serialised object, which is scanned; the call itself is grave.
    Deserialise,
    /// Enters a name into a registry that later opcodes read: `copyreg.add_extension`.
    Register,
    /// Runs the callable given later: `atexit.register`, `threading.Timer`, `weakref.finalize`.
    Deferred,
    /// Makes a class out of a name, bases and members: `type`.
    Type,
    /// Writes an attribute or item named by an argument: `setattr`, `operator.setitem`.
    Write,
    /// Makes code or a function out of parts: `types.CodeType`, `types.FunctionType`.
    Code,
    /// Hands out a namespace that leads to everything: `vars`, `globals`.
    Namespace,
    /// Named or built it is a value; called, it opens or writes the file that an argument names: `numpy.memmap`.
    Opens,
}

/// What a dangerous callable does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// Runs code: source text, code objects, a file of code.
    Execution,
    /// Starts a process or replaces this one.
    Process,
    /// Imports modules or changes how they are found.
    Import,
    /// Writes, deletes or moves files, or changes their permissions.
    File,
    /// Reads or discloses files and directories.
    Read,
    /// Opens connections, listens or resolves names.
    Network,
    /// Loads native code or touches raw memory.
    Native,
    /// Reaches attributes and frames that lead to everything.
    Attribute,
    /// Loads nested serialised objects from somewhere else.
    Deserialise,
    /// Makes something run again later: start-up files, schedulers, registries of the system.
    Persistence,
    /// Reads or changes environment variables, users and process settings.
    Environment,
    /// Debugs, traces or profiles: runs code or watches it.
    Debugger,
    /// Unpacks or writes archives.
    Archive,
    /// Runs something later, when nobody looks.
    Deferred,
    /// Ends the process, blocks it or takes its memory.
    Resource,
    /// Opens windows or browsers.
    Gui,
    /// A part of the standard library that no model needs; denied until a use is found.
    Unneeded,
}

macro_rules! words {
    ($type:ty, $group:literal, $($variant:ident = $word:literal),+ $(,)?) => {
        impl $type {
            /// Every value, in the order of its declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The whole id of the standing, group and word.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => concat!($group, "/", $word)),+ }
            }

            /// The value whose id ends in `word`.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words!(SafeRole, "safe", Construct = "construct", Pure = "pure", Inert = "inert");
words!(
    Judge,
    "judged",
    Attribute = "attribute",
    Item = "item",
    Apply = "apply",
    Method = "method",
    Reconstruct = "reconstruct",
    Import = "import",
    Decode = "decode",
    Deserialise = "deserialise",
    Register = "register",
    Deferred = "deferred",
    Type = "type",
    Write = "write",
    Code = "code",
    Namespace = "namespace",
    Opens = "opens",
);
words!(
    Category,
    "dangerous",
    Execution = "execution",
    Process = "process",
    Import = "import",
    File = "file",
    Read = "read",
    Network = "network",
    Native = "native",
    Attribute = "attribute",
    Deserialise = "deserialise",
    Persistence = "persistence",
    Environment = "environment",
    Debugger = "debugger",
    Archive = "archive",
    Deferred = "deferred",
    Resource = "resource",
    Gui = "gui",
    Unneeded = "unneeded",
);

impl Standing {
    /// The id in the tables and in reports, such as `dangerous/process`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Safe(role) => role.id(),
            Self::Judged(judge) => judge.id(),
            Self::Dangerous(category) => category.id(),
        }
    }

    /// The standing whose [`Standing::id`] is `id`.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        let (group, word) = id.split_once('/')?;
        match group {
            "safe" => SafeRole::parse(word).map(Self::Safe),
            "judged" => Judge::parse(word).map(Self::Judged),
            "dangerous" => Category::parse(word).map(Self::Dangerous),
            _ => None,
        }
    }

    /// Every standing there is: safe, then judged, then dangerous ones.
    pub fn all() -> impl Iterator<Item = Self> {
        let safe = SafeRole::ALL.iter().copied().map(Self::Safe);
        let judged = Judge::ALL.iter().copied().map(Self::Judged);
        let dangerous = Category::ALL.iter().copied().map(Self::Dangerous);
        safe.chain(judged).chain(dangerous)
    }
}
