//! Writes the compiled tables as Rust source: arrays of small rows whose words are numbers.

use crate::standing::{Kind, Standing};
use crate::table::{Row, merge};
use crate::words::Words;

/// All tables, each sorted.
pub(crate) struct Tables {
    pub(crate) callables: Vec<Row>,
    pub(crate) modules: Vec<Row>,
    pub(crate) aliases: Vec<Row>,
    pub(crate) attributes: Vec<Row>,
    pub(crate) python2: Vec<Row>,
}

impl Tables {
    /// The whole generated file.
    pub(crate) fn source(&self) -> String {
        let submodules = self.submodules();
        let all = [&self.callables, &self.modules, &self.aliases, &self.attributes, &self.python2, &submodules];
        let cells = all.into_iter().flatten().flat_map(|row| row.cells.iter().map(String::as_str));
        // A package is a word even where only modules in it have rows.
        let packages = self.callables.iter().flat_map(|row| {
            let module = row.cells[0].as_str();
            module.match_indices('.').filter_map(|(end, _)| module.get(..end))
        });
        let words = Words::new(cells.chain(packages));
        let number = |row: &Row, column: usize| words.number(&row.cells[column]).to_string();
        let numbers = |row: &Row| {
            let list: Vec<String> = (0..row.cells.len()).map(|column| number(row, column)).collect();
            format!("[{}]", list.join(","))
        };
        let mut source = words.source();
        source += &array("CALLABLES", "CallableRow", &self.callables, |row| {
            format!(
                "CallableRow{{words:[{},{},{},{}],kind:Kind::{:?},standing:{}}}",
                number(row, 0),
                number(row, 1),
                number(row, 4),
                number(row, 5),
                Kind::parse(&row.cells[2]).expect("checked"),
                standing(&row.cells[3]),
            )
        });
        source += &array("MODULES", "ModuleRow", &self.modules, |row| {
            let category = standing(&format!("dangerous/{}", row.cells[3]));
            let category = category.trim_start_matches("Standing::Dangerous(").trim_end_matches(')');
            format!(
                "ModuleRow{{words:[{},{},{},{}],category:{category}}}",
                number(row, 0),
                number(row, 1),
                number(row, 2),
                number(row, 4)
            )
        });
        source += &array("ALIASES", "[u32; 4]", &self.aliases, numbers);
        source += &array("MODULE_ATTRIBUTES", "[u32; 3]", &self.attributes, numbers);
        source += &array("SUBMODULES", "[u32; 3]", &submodules, numbers);
        source += &array("PYTHON2", "[u32; 4]", &self.python2, numbers);
        source
    }

    /// The modules of packages: package, name in it, module. Sorted like the others.
    fn submodules(&self) -> Vec<Row> {
        let rows = self.modules.iter().filter_map(|row| {
            let (package, name) = row.cells[0].rsplit_once('.')?;
            Some(Row { place: row.place.clone(), cells: vec![package.into(), name.into(), row.cells[0].clone()] })
        });
        merge(rows.collect(), 2)
    }
}

fn array(name: &str, kind: &str, rows: &[Row], write: impl Fn(&Row) -> String) -> String {
    let rows: Vec<String> = rows.iter().map(write).collect();
    format!("pub(crate) static {name}: [{kind}; {}] = [\n{}\n];\n", rows.len(), rows.join(",\n"))
}

/// The Rust expression of a standing's id.
fn standing(id: &str) -> String {
    match Standing::parse(id).expect("checked") {
        Standing::Safe(role) => format!("Standing::Safe(SafeRole::{role:?})"),
        Standing::Judged(judge) => format!("Standing::Judged(Judge::{judge:?})"),
        Standing::Dangerous(category) => format!("Standing::Dangerous(Category::{category:?})"),
    }
}
