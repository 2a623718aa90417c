//! The action `call webhook`: what another program is asked, and what its answer means.

use application::Webhook;
use event::{Call, Fact, Private, WebhookRequested};
use projections::{Visit, WebhookAnswer};
use serde_json::Value;

use crate::interpreter::At;
use crate::{Fault, NewEvent};

impl At<'_> {
    /// Asks, once a visit; what was answered before a restart still counts.
    pub(crate) fn call_webhook(&self, webhook: &Webhook) -> Result<Vec<NewEvent>, Fault> {
        if let Some(answer) = self.open.answered.get(&Visit::from(&self.step)) {
            return Ok(self.webhook_answered(webhook, answer));
        }
        let hosts = &self.view.hot.directory.settings.webhook_hosts;
        if let Err(error) = application::webhook_allowed(&webhook.url, hosts) {
            return Ok(self.fail(&error));
        }
        self.rendered(&webhook.body, |body| {
            if let Err(error) = serde_json::from_str::<Value>(&body) {
                return self.fail(&format!("the body is no JSON: {error}"));
            }
            let asked = WebhookRequested {
                contact: self.contact,
                step: self.step.clone(),
                timeout_ms: webhook.timeout_ms,
                attempts_max: webhook.attempts,
            };
            let call = Call { url: webhook.url.clone(), body };
            vec![NewEvent::with(Fact::from(asked), Private::Call(Box::new(call)))]
        })
    }

    fn webhook_answered(&self, webhook: &Webhook, answer: &WebhookAnswer) -> Vec<NewEvent> {
        let text = answer.text.as_deref();
        let Some(status) = answer.status.filter(|status| (200..300).contains(status)) else {
            let status = answer.status.map(|status| format!("the answer was {status}"));
            let why = status.as_deref().or(text).unwrap_or("there was no answer");
            return vec![self.leave("failed", why)];
        };
        let why = format!("the answer was {status}");
        // What it said was put into parameters before the restart, and is not kept twice.
        let Some(text) = text.filter(|_| !webhook.result.is_empty()) else {
            return vec![self.leave("answered", &why)];
        };
        let value: Value = match serde_json::from_str(text) {
            Ok(value) => value,
            Err(error) => return self.fail(&format!("the answer is no JSON: {error}")),
        };
        let set = webhook.result.iter().map(|(parameter, pointer)| {
            self.set(parameter, value.pointer(pointer).map(shown).unwrap_or_default())
        });
        set.chain([self.leave("answered", &why)]).collect()
    }
}

/// A value as a parameter has it: a text without its quotes, anything else as JSON, `null` empty.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
