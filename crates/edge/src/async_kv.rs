//! Workers KV, as far as it is needed.
//!
//! `worker` binds it too, with options that go through a second serializer, of values of any kind.

use js_sys::{Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use worker::{Env, js_sys, wasm_bindgen};

use crate::tasks::kept;

#[wasm_bindgen]
extern "C" {
    /// `KVNamespace`
    pub type Kv;

    #[wasm_bindgen(method, catch, js_name = get)]
    fn get_as(this: &Kv, key: &str, form: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch, js_name = put)]
    fn put_with(
        this: &Kv,
        key: &str,
        value: &Uint8Array,
        options: &Object,
    ) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch, js_name = delete)]
    fn delete_of(this: &Kv, key: &str) -> Result<Promise, JsValue>;
}

impl Kv {
    /// The namespace that is bound to this name.
    pub fn of(env: &Env, binding: &str) -> worker::Result<Self> {
        let namespace = Reflect::get(env, &binding.into())?;
        if namespace.is_undefined() {
            return Err(format!("there is no binding {binding}").into());
        }
        Ok(namespace.unchecked_into())
    }

    /// The value of `key`.
    pub async fn get(&self, key: &str) -> worker::Result<Option<Vec<u8>>> {
        let value = kept(&self.get_as(key, "arrayBuffer")?).await?;
        Ok((!value.is_null()).then(|| Uint8Array::new(&value).to_vec()))
    }

    /// Deletes `key`.
    pub async fn delete(&self, key: &str) -> worker::Result<()> {
        kept(&self.delete_of(key)?).await?;
        Ok(())
    }

    /// Writes `value`, to be deleted at `expiry_s`, in seconds since 1970.
    #[expect(clippy::cast_precision_loss, reason = "2^53 s are far away")]
    pub async fn put(&self, key: &str, value: &[u8], expiry_s: u64) -> worker::Result<()> {
        let options = Object::new();
        Reflect::set(&options, &"expiration".into(), &(expiry_s as f64).into())?;
        let value = Uint8Array::from(value);
        kept(&self.put_with(key, &value, &options)?).await?;
        Ok(())
    }
}
