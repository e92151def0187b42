//! The schemas of types, as they are read and as they are written.

use schemars::{Schema, SchemaGenerator, generate::SchemaSettings, transform::RecursiveTransform};
use serde_json::{Map, Value};

use super::keys;
use crate::operation::{Operations, SchemaFn};

/// Collects the schemas that the description names.
pub struct Schemas<'a> {
    operations: &'a Operations,
    read: SchemaGenerator,
    written: SchemaGenerator,
}

impl<'a> Schemas<'a> {
    /// None yet; `operations` complete them.
    pub fn new(operations: &'a Operations) -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
                let unwrap = RecursiveTransform(unwrap as fn(&mut Schema));
                settings.transforms.push(Box::new(unwrap));
            })
        };
        Self {
            operations,
            read: settings().for_deserialize().into_generator(),
            written: settings().for_serialize().into_generator(),
        }
    }

    /// The schema of what a request holds.
    pub fn of_input(&mut self, schema: SchemaFn) -> Schema {
        schema(&mut self.read)
    }

    /// The schema of what an answer holds.
    pub fn of_output(&mut self, schema: SchemaFn) -> Schema {
        schema(&mut self.written)
    }

    /// The example that stands with a schema.
    pub fn example(&self, schema: &Schema) -> Option<Value> {
        let name = schema.get("$ref")?.as_str()?.rsplit('/').next()?;
        let named = [&self.read, &self.written].into_iter();
        let mut named = named.filter_map(|schemas| schemas.definitions().get(name));
        named.find_map(|schema| {
            let mut schema = schema.clone();
            keys::complete(name, &mut schema, self.operations);
            schema.get("examples")?.get(0).cloned()
        })
    }

    /// All schemas that have a name.
    pub fn components(mut self) -> Map<String, Value> {
        let mut all = self.read.take_definitions(true);
        all.extend(self.written.take_definitions(true));
        for (name, schema) in &mut all {
            keys::complete(name, schema, self.operations);
        }
        all
    }
}

/// A comment is broken into lines where it stands; a reader's window is not as wide.
fn unwrap(schema: &mut Schema) {
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = text.replace('\n', " ");
    }
}
