//! What a condition says, checked before it is ever used: names, functions, patterns, and that it
//! is quickly worked out.

use std::collections::{BTreeMap, BTreeSet};

use cel::IdedExpr;
use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, operators};
use regex::Regex;

use crate::known::{Name, check};
use crate::pattern;

/// The patterns that `matches` is asked for, by their text.
pub(crate) type Patterns = BTreeMap<String, Regex>;

/// What a condition uses.
#[derive(Default)]
pub(crate) struct Used {
    pub(crate) names: Vec<Name>,
    pub(crate) patterns: Patterns,
}

/// The functions there are, beside those over lists.
const FUNCTIONS: [&str; 7] =
    ["contains", "double", "endsWith", "int", "matches", "size", "startsWith"];
/// What is written with signs.
const OPERATORS: [&str; 16] = [
    operators::CONDITIONAL,
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::SUBSTRACT,
    operators::ADD,
    operators::MULTIPLY,
    operators::DIVIDE,
    operators::MODULO,
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::GREATER_EQUALS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::LESS,
    operators::IN,
];
/// Signs that only [`Checker::call`] and the functions over lists know.
const OWN_OPERATORS: [&str; 3] =
    [operators::NEGATE, operators::INDEX, operators::NOT_STRICTLY_FALSE];

/// No condition has more parts in parts: each needs some of the stack, and a stack that is used up
/// ends the program.
const DEPTH_MAX: usize = 40;
/// It puts no more texts together than this.
const SUMS_MAX: usize = 16;
/// A list that is written out has no more items.
const ITEMS_MAX: usize = 100;

/// What a condition uses; the error says what is wrong with it, and what is allowed.
pub(crate) fn used(tree: &IdedExpr) -> Result<Used, String> {
    let mut checker = Checker::default();
    checker.expression(&tree.expr)?;
    let names = checker.names.into_iter().collect();
    Ok(Used { names, patterns: checker.patterns })
}

#[derive(Default)]
struct Checker<'a> {
    /// The names that functions over lists give.
    locals: Vec<&'a str>,
    names: BTreeSet<Name>,
    patterns: Patterns,
    depth: usize,
    sums: usize,
    is_in_list_function: bool,
}

impl<'a> Checker<'a> {
    fn expression(&mut self, expression: &'a Expr) -> Result<(), String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("the condition has more than {DEPTH_MAX} parts in parts"));
        }
        let checked = self.part(expression);
        self.depth -= 1;
        checked
    }

    fn part(&mut self, expression: &'a Expr) -> Result<(), String> {
        if let Some(name) = self.name(expression) {
            let path: Vec<&str> = name.iter().map(String::as_str).collect();
            check(&path)?;
            self.names.insert(name);
            return Ok(());
        }
        match expression {
            Expr::Select(select) if select.test => Err(
                "`has` means nothing here, since all there is has a value; compare it with `\"\"`"
                    .to_owned(),
            ),
            Expr::Select(select) => self.expression(&select.operand.expr),
            // What a function over a list gives.
            Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => Ok(()),
            Expr::Call(call) => self.call(call),
            Expr::Comprehension(each) => self.each(each),
            Expr::List(list) if list.elements.len() > ITEMS_MAX => {
                Err(format!("a list has more than {ITEMS_MAX} items"))
            }
            Expr::List(list) => self.expressions(&list.elements),
            Expr::Map(map) => map.entries.iter().try_for_each(|entry| match &entry.expr {
                EntryExpr::MapEntry(entry) => {
                    self.expression(&entry.key.expr)?;
                    self.expression(&entry.value.expr)
                }
                EntryExpr::StructField(_) => Err(no_structs()),
            }),
            Expr::Struct(_) => Err(no_structs()),
        }
    }

    fn expressions(&mut self, expressions: &'a [IdedExpr]) -> Result<(), String> {
        expressions.iter().try_for_each(|inner| self.expression(&inner.expr))
    }

    fn call(&mut self, call: &'a CallExpr) -> Result<(), String> {
        let name = call.func_name.as_str();
        if !(FUNCTIONS.contains(&name)
            || OPERATORS.contains(&name)
            || OWN_OPERATORS.contains(&name))
        {
            let allowed = FUNCTIONS.map(|name| format!("`{name}`")).join(", ");
            return Err(format!(
                "there is no function `{name}`; allowed: {allowed}, and for lists `all`, `exists`, \
                 `exists_one`, `filter`, `map`"
            ));
        }
        if name == operators::ADD {
            self.sums += 1;
            if self.sums > SUMS_MAX {
                return Err(format!("the condition has more than {SUMS_MAX} `+`"));
            }
        }
        if name == "matches" {
            self.pattern(call)?;
        }
        if let Some(target) = &call.target {
            self.expression(&target.expr)?;
        }
        self.expressions(&call.args)
    }

    fn pattern(&mut self, call: &CallExpr) -> Result<(), String> {
        let Some(IdedExpr { expr: Expr::Literal(LiteralValue::String(text)), .. }) =
            call.args.last()
        else {
            return Err("the pattern of `matches` must be written out in quotes".to_owned());
        };
        let regex = pattern::read(text.inner(), false)?;
        self.patterns.insert(text.inner().to_owned(), regex);
        Ok(())
    }

    /// A function over a list costs as much as the list is long, so that none may be in another.
    fn each(&mut self, each: &'a ComprehensionExpr) -> Result<(), String> {
        if self.is_in_list_function {
            return Err(
                "`all`, `exists`, `exists_one`, `filter` and `map` cannot be inside one another"
                    .to_owned(),
            );
        }
        let range = &each.iter_range.expr;
        if matches!(range, Expr::Call(_)) && self.name(range).is_none() {
            return Err(
                "`all`, `exists`, `exists_one`, `filter` and `map` work on a list that is named or written out"
                    .to_owned(),
            );
        }
        self.expression(range)?;
        self.expression(&each.accu_init.expr)?;
        let outside = self.locals.len();
        self.locals.extend([each.iter_var.as_str(), each.accu_var.as_str()]);
        self.locals.extend(each.iter_var2.as_deref());
        self.is_in_list_function = true;
        for inner in [&each.loop_cond, &each.loop_step, &each.result] {
            self.expression(&inner.expr)?;
        }
        self.is_in_list_function = false;
        self.locals.truncate(outside);
        Ok(())
    }

    /// The chain of names that an expression is, where it does not begin with what a function over
    /// a list gives.
    fn name(&self, expression: &Expr) -> Option<Name> {
        let mut parts = Vec::new();
        let mut rest = expression;
        loop {
            match rest {
                Expr::Ident(name) if self.locals.contains(&name.as_str()) => return None,
                Expr::Ident(name) => {
                    parts.push(name.clone());
                    parts.reverse();
                    return Some(parts);
                }
                Expr::Select(select) if !select.test => {
                    parts.push(select.field.clone());
                    rest = &select.operand.expr;
                }
                Expr::Call(call) if call.func_name == operators::INDEX => {
                    let [of, key] = call.args.as_slice() else { return None };
                    let Expr::Literal(LiteralValue::String(key)) = &key.expr else { return None };
                    parts.push(key.inner().to_owned());
                    rest = &of.expr;
                }
                _ => return None,
            }
        }
    }
}

fn no_structs() -> String {
    "a name before `{` means nothing here".to_owned()
}
