//! Queues: rules that can be kept.

use std::collections::BTreeSet;

use event::AgentNumber;
use toml::Spanned;

use super::Check;
use super::directory::Names;
use crate::config::{Checked, Duration, File, NextAgent, Queue};

impl Check<'_> {
    pub(super) fn queues(&mut self, file: &File, names: &Names) {
        for queue in &file.queue {
            self.hunt_order(queue, &names.agents);
            self.some_time("queue.accept_within", queue.accept_within.as_ref());
            self.some_time("queue.prefer_last_agent", queue.prefer_last_agent.as_ref());
            if let Some(service) = &queue.service_level {
                self.some_time("queue.service_level.within", Some(&service.within));
                if !(1..=100).contains(service.percent.get_ref()) {
                    let key = "queue.service_level.percent";
                    self.report(service.percent.span(), key, "allowed: 1 to 100");
                }
            }
            if let Some(raise) = &queue.raise_priority {
                self.some_time("queue.raise_priority.every", Some(&raise.every));
                if *raise.by.get_ref() == 0 {
                    self.report(raise.by.span(), "queue.raise_priority.by", "at least 1 is needed");
                }
            }
            if let Some(overflow) = &queue.overflow {
                let key = "queue.overflow.to";
                self.some_time("queue.overflow.after", Some(&overflow.after));
                let Checked(to) = overflow.to.get_ref();
                self.known((overflow.to.span(), key), "queue", to, &names.queues);
                if *to == queue.name.get_ref().0 {
                    self.report(overflow.to.span(), key, "that is this queue itself");
                }
            }
            let mut seen = BTreeSet::new();
            for code in &queue.dispositions {
                let key = "queue.dispositions";
                let Checked(name) = code.get_ref();
                self.known((code.span(), key), "disposition", name, &names.dispositions);
                if !seen.insert(name) {
                    self.report(code.span(), key, &format!("the code `{name}` is named twice"));
                }
            }
        }
    }

    fn hunt_order(&mut self, queue: &Queue, agents: &BTreeSet<AgentNumber>) {
        let key = "queue.hunt_order";
        match (&queue.hunt_order, queue.next_agent) {
            (None, NextAgent::LongestIdle | NextAgent::BestSkill) => {}
            (None, NextAgent::HuntOrder) => {
                let message =
                    "`next_agent = \"hunt-order\"` needs the agents: `hunt_order = [1001, 1002]`";
                self.report(queue.name.span(), key, message);
            }
            (Some(order), NextAgent::LongestIdle | NextAgent::BestSkill) => {
                self.report(order.span(), key, "goes with `next_agent = \"hunt-order\"` only");
            }
            (Some(order), NextAgent::HuntOrder) => {
                let mut seen = BTreeSet::new();
                for agent in queue.hunt_order() {
                    self.known((order.span(), key), "agent", &agent, agents);
                    if !seen.insert(agent) {
                        self.report(order.span(), key, &format!("agent {agent} is named twice"));
                    }
                }
            }
        }
    }

    /// A time that is no time would have everything happen at once.
    fn some_time(&mut self, key: &str, duration: Option<&Spanned<Checked<Duration>>>) {
        if let Some(duration) = duration
            && duration.get_ref().0.0 == 0
        {
            self.report(
                duration.span(),
                key,
                "at least 1 s is needed; leave it out where it is not wanted",
            );
        }
    }
}
