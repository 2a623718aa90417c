//! Applications and what is wrong with them.

use http::answer::{Application, Problem};

use super::{local, optional, table};

/// Applications as a table.
pub(crate) fn applications(applications: &[Application]) -> String {
    if applications.is_empty() {
        return "there are no applications yet".to_owned();
    }
    let rows = applications.iter().map(|application| {
        let open: Vec<String> = application
            .open
            .iter()
            .map(|(version, count)| format!("{count} in version {version}"))
            .collect();
        [
            application.name.clone(),
            application.version.to_string(),
            local(&application.published),
            optional(application.by.as_deref()),
            optional(Some(application.mailboxes.join(", ").as_str()).filter(|all| !all.is_empty())),
            optional(Some(open.join(", ").as_str()).filter(|all| !all.is_empty())),
        ]
    });
    table(["NAME", "VERSION", "PUBLISHED", "BY", "MAILBOXES", "OPEN CONTACTS"], rows)
}

/// Problems, each with the place where it is.
pub(crate) fn problems(file: &str, problems: &[Problem]) -> String {
    let line = |problem: &Problem| format!("{file}:{}: {}\n", problem.line, problem.message);
    problems.iter().map(line).collect()
}
