//! The bytes of an event, as a damaged disk may give them.

/// Bytes that are an event are written as that event again; any others are an error.
pub fn events(bytes: &[u8]) {
    let Ok(event) = event::decode(bytes) else { return };
    let mut written = Vec::new();
    event::encode(&event, &mut written).unwrap();
    assert_eq!(event::decode(&written).unwrap(), event);
    assert!(written.len() <= bytes.len(), "numbers are written as short as can be");
    let mut longer = written.clone();
    longer.push(0);
    assert!(event::decode(&longer).is_err());
    assert!(event::decode(&written[..written.len() - 1]).is_err());
}
