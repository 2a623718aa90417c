//! What a template says, checked before it is ever used: names, filters, statements.

use std::collections::BTreeSet;

use minijinja::machinery::ast::{CallArg, Expr, ForLoop, Stmt};
use minijinja::machinery::parse;

use crate::known::{Name, check};
use crate::template::{sentence, syntax};
use crate::template_value::FILTERS;

/// Older files use these for the contact's id and for the mailbox's shown name.
const ALONE: [&str; 2] = ["contact", "mailbox"];

/// The names that a template uses; the error says where in it what is wrong, and what is allowed.
pub(crate) fn names(source: &str) -> Result<Vec<Name>, String> {
    let tree = parse(source, "text", syntax()).map_err(|error| sentence(&error))?;
    let mut checker = Checker::default();
    checker.statement(&tree)?;
    Ok(checker.names.into_iter().collect())
}

#[derive(Default)]
struct Checker<'a> {
    /// The names that loops give.
    locals: Vec<&'a str>,
    names: BTreeSet<Name>,
}

impl<'a> Checker<'a> {
    fn statement(&mut self, statement: &'a Stmt<'a>) -> Result<(), String> {
        match statement {
            Stmt::Template(template) => self.statements(&template.children),
            Stmt::EmitRaw(_) => Ok(()),
            Stmt::EmitExpr(emitted) => self.expression(&emitted.expr),
            Stmt::ForLoop(each) => self.each(each),
            Stmt::IfCond(condition) => {
                self.expression(&condition.expr)?;
                self.statements(&condition.true_body)?;
                self.statements(&condition.false_body)
            }
            _ => {
                Err("beside `{{ }}` only `{% if %}` and `{% for %}` mean something here".to_owned())
            }
        }
    }

    fn statements(&mut self, statements: &'a [Stmt<'a>]) -> Result<(), String> {
        statements.iter().try_for_each(|statement| self.statement(statement))
    }

    fn each(&mut self, each: &'a ForLoop<'a>) -> Result<(), String> {
        let Expr::Var(variable) = &each.target else {
            return Err(at(
                &each.target,
                "`{% for %}` gives one name to each: `{% for tag in contact.tags %}`",
            ));
        };
        if each.recursive {
            return Err(at(&each.iter, "`recursive` means nothing here"));
        }
        self.expression(&each.iter)?;
        let outside = self.locals.len();
        self.locals.extend([variable.id, "loop"]);
        self.expressions(&each.filter_expr)?;
        self.statements(&each.body)?;
        self.locals.truncate(outside);
        self.statements(&each.else_body)
    }

    fn expressions(
        &mut self,
        expressions: impl IntoIterator<Item = &'a Expr<'a>>,
    ) -> Result<(), String> {
        expressions.into_iter().try_for_each(|expression| self.expression(expression))
    }

    fn expression(&mut self, expression: &'a Expr<'a>) -> Result<(), String> {
        if let Some(name) = self.name(expression) {
            return self.known(expression, name);
        }
        match expression {
            // What a loop gives.
            Expr::Var(_) | Expr::Const(_) => Ok(()),
            Expr::GetAttr(of) => self.expression(&of.expr),
            Expr::GetItem(of) => self.expressions([&of.expr, &of.subscript_expr]),
            Expr::Slice(of) => {
                self.expression(&of.expr)?;
                self.expressions([&of.start, &of.stop, &of.step].into_iter().flatten())
            }
            Expr::UnaryOp(of) => self.expression(&of.expr),
            Expr::BinOp(of) => self.expressions([&of.left, &of.right]),
            Expr::Compare(of) => {
                self.expression(&of.expr)?;
                self.expressions(of.ops.iter().map(|op| &op.expr))
            }
            Expr::IfExpr(of) => {
                self.expressions([&of.test_expr, &of.true_expr])?;
                self.expressions(&of.false_expr)
            }
            Expr::Filter(of) if FILTERS.contains(&of.name) => {
                self.expressions(&of.expr)?;
                of.args.iter().try_for_each(|argument| match argument {
                    CallArg::Pos(value) | CallArg::Kwarg(_, value) => self.expression(value),
                    CallArg::PosSplat(value) | CallArg::KwargSplat(value) => {
                        Err(at(value, "`*` before a value means nothing here"))
                    }
                })
            }
            Expr::Filter(of) => {
                let allowed = FILTERS.map(|name| format!("`{name}`")).join(", ");
                Err(at(
                    expression,
                    &format!("there is no filter `{}`; allowed: {allowed}", of.name),
                ))
            }
            Expr::Test(of) => Err(at(
                expression,
                &format!("`is {}` means nothing here; compare with `==`", of.name),
            )),
            Expr::Call(_) => Err(at(
                expression,
                "there are no functions; `|` before a filter may do what you want",
            )),
            Expr::List(of) => self.expressions(&of.items),
            Expr::Tuple(of) => self.expressions(&of.items),
            Expr::Map(_) => Err(at(expression, "`{` means nothing here")),
        }
    }

    /// The chain of names that an expression is, where it does not begin with what a loop gives.
    fn name(&self, expression: &'a Expr<'a>) -> Option<Name> {
        let mut parts = Vec::new();
        let mut rest = expression;
        loop {
            match rest {
                Expr::Var(variable) if self.locals.contains(&variable.id) => return None,
                Expr::Var(variable) => {
                    parts.push(variable.id.to_owned());
                    parts.reverse();
                    return Some(parts);
                }
                Expr::GetAttr(of) => {
                    parts.push(of.name.to_owned());
                    rest = &of.expr;
                }
                Expr::GetItem(of) => {
                    let Expr::Const(key) = &of.subscript_expr else { return None };
                    parts.push(key.value.as_str()?.to_owned());
                    rest = &of.expr;
                }
                _ => return None,
            }
        }
    }

    fn known(&mut self, expression: &Expr<'_>, name: Name) -> Result<(), String> {
        let path: Vec<&str> = name.iter().map(String::as_str).collect();
        if !matches!(&*path, [one] if ALONE.contains(one)) {
            check(&path).map_err(|what| at(expression, &what))?;
        }
        self.names.insert(name);
        Ok(())
    }
}

/// What is wrong, with where it is.
fn at(expression: &Expr<'_>, what: &str) -> String {
    format!("line {} of the text: {what}", expression.span().start_line)
}
