use glasshouse_contract::{
    Body, CHECKPOINT_HEADER, Context, EndpointHosts, ID_HEADER, Kind, LimitName, Name, Outcome, Request,
    Response, TRANSPORT_HEADERS, Table, TargetSpec,
};
use wasmtime::component::Resource;

use crate::{
    CallError, Keys, LogLine, Plugin,
    guest::Guest,
    limit::take,
    open::{BatchRights, OpenTable, OpenTables},
    plugin::{gave_up, over},
    wire::{Refusal, TablesHandle, WireContext, WireHeader, WireOutcome, WireRequest, WireResponse},
};

/// What an upload target made of tables.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// The requests, in order.
    pub requests: Vec<Request>,
    /// What the plugin said.
    pub log: Vec<LogLine>,
}

/// The answers to the requests of one delivery, one after the other.
pub struct Delivery {
    plugin: Plugin,
    requests: u32,
    steps: u64,
}

/// Headers that the host sets itself before a request is sealed; those of the way it goes come on top.
const HOST_HEADERS: [&str; 2] = [ID_HEADER, CHECKPOINT_HEADER];
/// Headers are for types and ids, not for data.
const MOST_HEADERS: usize = 32;
const HEADER_BYTES: usize = 1024;
const PATH_BYTES: usize = 1024;

impl Plugin {
    /// Renders tables as requests; `hosts` are those that the manifest leaves to the administrator.
    ///
    /// # Errors
    /// When the plugin is no target, gives up, traps, runs into a limit, or renders a request that
    /// its manifest does not allow; when an endpoint has no host, or two.
    pub fn render(
        &self,
        context: &Context,
        tables: &[Table],
        hosts: &EndpointHosts,
    ) -> Result<Rendered, CallError> {
        // Before the plugin does any work: requests without a host are worth nothing.
        self.manifest()
            .target()
            .ok_or(CallError::WrongKind("target"))
            .and_then(|spec| Ok(hosts.check(spec)?))?;
        let mut instance = self.instance(Kind::Target, Keys::new())?;
        let render = instance
            .function::<(WireContext, Resource<TablesHandle>), (Result<Vec<WireRequest>, Refusal>,)>(
                "render",
            )?;
        // A target places rows, it does not read them: no column is open to it.
        let open = tables
            .iter()
            .map(|table| OpenTable::new(table, &BatchRights::all(table.schema.fields().len(), None)))
            .collect();
        let rep = instance.store.data_mut().hold(OpenTables { tables: open })?;
        let (requests,) = instance.call(&render, (context.into(), Resource::new_borrow(rep)))?;
        let requests = requests.map_err(|refusal| gave_up(&refusal))?;
        let guest = instance.store.data_mut();
        if requests.len() as u64 > guest.limits.requests {
            return Err(over(LimitName::Requests, guest.limits.requests, requests.len() as u64));
        }
        let manifest = guest.manifest.clone();
        let spec = manifest.target().ok_or(CallError::WrongKind("target"))?;
        let requests = requests
            .into_iter()
            .enumerate()
            .map(|(index, request)| {
                checked(guest, spec, hosts, request)
                    .map_err(|why| CallError::Contract(format!("request {index}: {why}")))
            })
            .collect::<Result<_, _>>()?;
        Ok(Rendered { requests, log: std::mem::take(&mut guest.log) })
    }
}

impl Delivery {
    pub(crate) const fn new(plugin: Plugin, requests: u32) -> Self {
        Self { plugin, requests, steps: 0 }
    }

    /// Lets the plugin read the answer to request `step`, on a fresh instance.
    ///
    /// # Errors
    /// When it gives up, traps, names a request that there is not, or takes too many steps.
    pub fn interpret(&mut self, step: u32, response: &Response) -> Result<Outcome, CallError> {
        let most = self.plugin.manifest().limits.steps;
        take(LimitName::Steps, most, &mut self.steps, 1)?;
        let mut instance = self.plugin.instance(Kind::Target, Keys::new())?;
        let interpret =
            instance.function::<(u32, WireResponse), (Result<WireOutcome, Refusal>,)>("interpret")?;
        let headers = response
            .headers
            .iter()
            .map(|(name, value)| WireHeader { name: name.clone(), value: value.clone() })
            .collect();
        let response = WireResponse { status: response.status, headers, body: response.body.clone() };
        let (outcome,) = instance.call(&interpret, (step, response))?;
        match outcome.map_err(|refusal| gave_up(&refusal))? {
            WireOutcome::Accepted => Ok(Outcome::Accepted),
            WireOutcome::RetryAfter(seconds) => Ok(Outcome::RetryAfter(seconds)),
            WireOutcome::Rejected(why) => Ok(Outcome::Rejected(crate::imports::diagnostics_cut(why))),
            WireOutcome::Next(next) if next < self.requests => Ok(Outcome::Next(next)),
            WireOutcome::Next(next) => {
                let requests = self.requests;
                Err(CallError::Contract(format!("it asks for request {next} of {requests}")))
            }
        }
    }
}

/// A request as the manifest allows it.
fn checked(
    guest: &mut Guest,
    spec: &TargetSpec,
    hosts: &EndpointHosts,
    request: WireRequest,
) -> Result<Request, String> {
    let shown = |text: &str| text.chars().take(64).flat_map(char::escape_debug).collect::<String>();
    let endpoint = spec
        .endpoints
        .iter()
        .find(|endpoint| endpoint.name.as_str() == request.endpoint)
        .ok_or_else(|| format!("the manifest has no endpoint `{}`", shown(&request.endpoint)))?;
    if !is_path_rest(&request.path) || !continues(&endpoint.path_prefix, &request.path) {
        return Err(format!("the path `{}` could leave its endpoint", shown(&request.path)));
    }
    if request.headers.len() > MOST_HEADERS {
        return Err(format!("{} headers; at most {MOST_HEADERS} are sent", request.headers.len()));
    }
    let mut headers: Vec<(String, String)> = Vec::with_capacity(request.headers.len());
    for WireHeader { name, value } in request.headers {
        let owned = |names: &[&str]| names.contains(&name.as_str());
        if !is_header_name(&name) || owned(&TRANSPORT_HEADERS) || owned(&HOST_HEADERS) {
            return Err(format!("a plugin cannot set the header `{}`", shown(&name)));
        }
        if value.len() > HEADER_BYTES || !value.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Err(format!("header `{name}` has a value that is too long or not printable ASCII"));
        }
        // HTTP takes spaces around a value off: it would not arrive as it was shown.
        if value.trim() != value {
            return Err(format!("header `{name}` has a value that begins or ends with a space"));
        }
        if headers.iter().any(|(known, _)| *known == name) {
            return Err(format!("header `{name}` is there twice"));
        }
        headers.push((name, value));
    }
    let body = guest.release::<Vec<u8>>(request.body.rep()).ok_or("its body is gone")?;
    let name: &Name = &endpoint.name;
    let host = endpoint.host(hosts).map_err(|error| error.to_string())?;
    Ok(Request {
        endpoint: name.clone(),
        method: endpoint.method.clone(),
        url: format!("https://{host}{}{}", endpoint.path_prefix, request.path),
        headers,
        body: Body(body),
    })
}

fn is_header_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Whether prefix and rest meet at a slash: `/tenant1` and `2/x` must not make `/tenant12/x`.
fn continues(prefix: &str, rest: &str) -> bool {
    let rest_is_path = !rest.is_empty() && !rest.starts_with('?');
    !rest_is_path || (prefix.ends_with('/') != rest.starts_with('/'))
}

/// What may follow a path prefix: no way up, no escapes, nothing that starts a query or fragment
/// twice. A query may be there.
fn is_path_rest(path: &str) -> bool {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    path.len() + query.len() <= PATH_BYTES
        && path.bytes().all(|byte| plain(byte) || byte == b'/')
        && !path.contains("//")
        && path.split('/').all(|part| part != "." && part != "..")
        && query.bytes().all(|byte| plain(byte) || b"=&,:".contains(&byte))
}
