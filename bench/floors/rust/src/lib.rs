//! The floors of `../javascript/index.js`, as one writes them with the `worker` crate.

use uuid::Uuid;
use wasm_bindgen::JsValue;
use worker::{
    Context, DurableObject, Env, Fetch, Headers, Method, Request, RequestInit, Response,
    ResponseBuilder, Result, State, durable_object, event,
    js_sys::Uint8Array,
    kv::{KvError, KvStore},
    wasm_bindgen,
};

const INSERT: &str = "INSERT INTO effects (id, content, created_at) VALUES (?, ?, ?)";
const DAY_MS: i64 = 86_400_000;
const SOME_TIME_MS: f64 = 1_800_000_000_000.0;

#[event(fetch)]
async fn fetch(mut request: Request, env: Env, context: Context) -> Result<Response> {
    let body = request.bytes().await?;
    let path = request.path();
    if path == "/G1" {
        return ask(&env, &body).await;
    }
    let content = if path == "/F1" {
        answer()
    } else {
        let name = request
            .headers()
            .get("X-Idempotency-Key")?
            .unwrap_or_default();
        let stub = env.durable_object("COORDINATOR")?.get_by_name(&name)?;
        let init = if path == "/G3" {
            posted(&body)
        } else {
            RequestInit::new()
        };
        let asked = Request::new_with_init(&format!("https://object{path}"), &init)?;
        let answer = stub.fetch_with_request(asked).await?.bytes().await?;
        if path == "/F5" {
            let copies = env.kv("REPLAYS")?;
            context.wait_until(async move { copy(&copies, &name).await.unwrap_or_default() });
        }
        answer
    };
    let headers = Headers::new();
    headers.set("Content-Type", "application/json")?;
    Ok(ResponseBuilder::new()
        .with_status(201)
        .with_headers(headers)
        .fixed(content))
}

/// Passes a body to the API.
async fn ask(env: &Env, body: &[u8]) -> Result<Response> {
    let url = env.var("API")?.to_string();
    let request = Request::new_with_init(&url, &posted(body))?;
    Fetch::Request(request).send().await
}

fn posted(body: &[u8]) -> RequestInit {
    let mut init = RequestInit::new();
    let body = Uint8Array::from(body);
    init.with_method(Method::Post).with_body(Some(body.into()));
    init
}

async fn copy(copies: &KvStore, name: &str) -> std::result::Result<(), KvError> {
    copies
        .put_bytes(name, &[b'x'; 600])?
        .expiration_ttl(86_400)
        .execute()
        .await
}

fn answer() -> Vec<u8> {
    format!(r#"{{"made":"{}"}}"#, "x".repeat(200)).into_bytes()
}

/// The object that all floors but the first call.
#[durable_object(alarm)]
pub struct Coordinator {
    state: State,
    env: Env,
}

impl DurableObject for Coordinator {
    fn new(state: State, env: Env) -> Self {
        Self { state, env }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let path = request.path();
        if path != "/F2" {
            let storage = self.state.storage();
            storage.put("record", "x".repeat(600)).await?;
            storage.set_alarm(DAY_MS).await?;
            if path == "/G3" {
                let answer = ask(&self.env, &request.bytes().await?)
                    .await?
                    .bytes()
                    .await?;
                storage.put("record", "x".repeat(600)).await?;
                return Response::from_bytes(answer);
            }
            if path == "/F4" || path == "/F5" {
                let values = [
                    JsValue::from_str(&Uuid::new_v4().to_string()),
                    JsValue::from_str("{}"),
                    JsValue::from_f64(SOME_TIME_MS),
                ];
                self.env
                    .d1("DB")?
                    .prepare(INSERT)
                    .bind(&values)?
                    .run()
                    .await?;
            }
            storage.put("record", "x".repeat(600)).await?;
        }
        Response::from_bytes(answer())
    }

    async fn alarm(&self) -> Result<Response> {
        self.state.storage().delete_all().await?;
        Response::empty()
    }
}
