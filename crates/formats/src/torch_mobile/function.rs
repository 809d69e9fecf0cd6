//! Functions: instructions of a stack machine, the operators that they call, constants and a schema.

use base::{expr::Expr, fact::Operator, location::Place, stop::Stop};

use super::{Module, NAME};
use crate::flatbuffer::{Table, Vector, elements};

/// Instructions that the format has (`torch/csrc/jit/runtime/instruction.h`).
const OPCODES: u8 = 51;
/// Texts of a function that are stated with its operators, and bytes of each.
const TEXTS: usize = 8;
const TEXT: u64 = 256;

impl Module<'_, '_, '_> {
    /// A function: `qn`, `instructions`, `operators`, `constants`, `type_annotations`, `register_size`, `schema`,
    /// `debug_info`, `class_type`. `loaded`: loading runs it. `texts`: where text constants lie.
    pub(super) fn function(&mut self, at: u64, loaded: bool, texts: &dyn Fn(u32) -> Option<u64>) -> Result<(), Stop> {
        let table = self.buffer.table(at)?;
        self.known(&table, 9);
        let name = self.buffer.text(&table, 0, NAME)?;
        let operators = self.buffer.vector_in(&table, 2, 4)?;
        let constants = self.indices(&table, 3)?;
        let instructions = self.buffer.vector_in(&table, 1, 8)?;
        self.instructions(instructions, operators.count, constants.len() as u64)?;
        let mut args = Vec::new();
        for at in constants.iter().filter_map(|constant| texts(*constant)).take(TEXTS) {
            let table = self.buffer.table(at)?;
            args.push(Expr::str(self.buffer.text(&table, 0, TEXT)?));
        }
        let when = if loaded { "load" } else { "called" };
        for target in self.buffer.targets(operators)? {
            let read = self.operator(target, (&name, when), &args);
            self.tolerate(read)?;
        }
        let annotations = self.buffer.vector_in(&table, 4, 4)?;
        for target in self.buffer.targets(annotations)? {
            self.buffer.text_at(target)?;
        }
        for number in [5, 8] {
            self.number(&table, number)?;
        }
        if let Some(schema) = self.buffer.table_in(&table, 6)? {
            self.schema(&schema)?;
        }
        if let Some(debug) = self.buffer.table_in(&table, 7)? {
            self.known(&debug, 1);
            self.buffer.vector_in(&debug, 0, 8)?;
        }
        Ok(())
    }

    /// Each instruction: an opcode, a hole, a small and a large number. Indices must lie inside their tables.
    fn instructions(&mut self, code: Vector, operators: u64, constants: u64) -> Result<(), Stop> {
        self.sink.meter().steps(code.count)?;
        for at in elements(code, 8) {
            let [opcode, _, _, _, a, b, c, d] = self.buffer.bytes(at)?;
            let index = u64::from(u32::from_le_bytes([a, b, c, d]));
            let inside = match opcode {
                0 | 1 => index < operators,
                8 => index < constants,
                opcode => opcode < OPCODES,
            };
            if !inside {
                let what = format!("instruction {opcode} with the number {index}");
                self.broken.get_or_insert(Stop::malformed(at, what));
            }
        }
        Ok(())
    }

    /// An operator, by whom and when it is called: `name` as `aten::add`, `overload_name`, `num_args_serialized`.
    fn operator(&mut self, at: u64, (node, when): (&str, &str), args: &[Expr]) -> Result<(), Stop> {
        let table = self.buffer.table(at)?;
        self.known(&table, 3);
        let name = self.buffer.text(&table, 0, NAME)?;
        self.buffer.text_range(&table, 1)?;
        self.number(&table, 2)?;
        let (domain, name) = name.split_once("::").unwrap_or(("", &name));
        let (domain, name, node, when) = (domain.into(), name.into(), node.into(), when.into());
        self.sink.fact(Place::bytes(at, 4), Operator { domain, name, node, args: args.to_vec(), when })
    }

    fn schema(&mut self, schema: &Table) -> Result<(), Stop> {
        self.known(schema, 2);
        for slot in [0, 1] {
            let vector = self.buffer.vector_in(schema, slot, 4)?;
            for target in self.buffer.targets(vector)? {
                if !self.buffer.first_visit(target)? {
                    continue;
                }
                let argument = self.buffer.table(target)?;
                self.known(&argument, 3);
                self.buffer.text_range(&argument, 0)?;
                self.buffer.text_range(&argument, 1)?;
                self.index(&argument, 2)?;
            }
        }
        Ok(())
    }
}
