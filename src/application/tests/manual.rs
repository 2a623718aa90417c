//! The manual has every action with its keys and its exits.

use crate::forms;

#[test]
fn every_action_is_in_the_manual() {
    let manual = include_str!("../../../docs/OPERATING.md");
    for form in forms::ALL {
        let row = format!("| `{}` |", form.does);
        let row = manual.lines().find(|line| line.starts_with(&row));
        let row = row.unwrap_or_else(|| panic!("the manual has no `{}`", form.does));
        let keys = form.keys.iter().filter(|_| form.does != "check e-mail").map(|key| key.name);
        for name in keys.chain(form.exits.iter().map(|(exit, _)| *exit)) {
            assert!(row.contains(&format!("`{name}`")), "`{name}`: {row}");
        }
    }
    let conditions = forms::CHECK_EMAIL.keys.iter().map(|key| format!("`{}`", key.name));
    conditions.for_each(|name| assert!(manual.contains(&name), "{name}"));
}
