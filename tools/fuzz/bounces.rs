//! Bounces of all servers, and of strangers who imitate them.

/// What is read from a bounce is bounded and can be shown.
pub fn bounces(raw: &[u8]) {
    let Some(bounce) = mail::bounce(raw) else { return };
    assert!(bounce.recipients.len() <= 100);
    assert!(bounce.original_message_id.is_some() || !bounce.recipients.is_empty());
    let worst = bounce.recipients.iter().map(|recipient| recipient.outcome).min();
    assert!(worst.is_none_or(|worst| worst == bounce.outcome));
    for recipient in &bounce.recipients {
        let diagnostic = recipient.diagnostic.as_deref().unwrap_or("x");
        assert!(!diagnostic.is_empty() && diagnostic.chars().count() <= 500);
        assert!(!diagnostic.contains(char::is_control));
        let status = recipient.status.as_deref().unwrap_or("2.0.0");
        assert!(status.len() <= 9 && status.split('.').count() == 3, "{status}");
        assert!(status.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit()), "{status}");
    }
    if let Some(id) = &bounce.original_message_id {
        assert!(id.bytes().all(|byte| byte.is_ascii_graphic()), "{id}");
    }
}
