//! The directory and the settings, as the configuration gives them.
//!
//! Entries come in the order of their names, so that a configuration in another order is the same
//! directory.

use command::{LoadDirectory, LoadSettings};
use event::{
    Address, AgentNumber, DirectoryEntry, LEVEL_DEFAULT, NextAgent, PrivateEntry, QueueRule,
    Setting,
};
use toml::Spanned;

use crate::config::{self, Agent, Checked, File, Queue, Settings, bare};

/// Queues, agents, mailboxes and what belongs to them.
pub(crate) fn directory(file: &File) -> LoadDirectory {
    let (mut entries, mut private) = (Vec::new(), Vec::new());
    for queue in sorted(&file.queue, |queue| bare(&queue.name)) {
        let name = bare(&queue.name).clone();
        entries.push(DirectoryEntry::Queue { name: name.clone() });
        let rules = rules(queue).into_iter();
        entries.extend(rules.map(|rule| DirectoryEntry::QueueRule { queue: name.clone(), rule }));
    }
    for agent in sorted(&file.agent, |agent| agent.number.get_ref()) {
        let number = agent.number();
        entries.extend(about(agent, number));
        let address = bare(&agent.address).clone();
        private.push(PrivateEntry::Agent { number, name: agent.name.clone(), address });
    }
    for mailbox in sorted(&file.mailbox, |mailbox| bare(&mailbox.name)) {
        let name = bare(&mailbox.name).clone();
        let application = bare(&mailbox.application).clone();
        entries.push(DirectoryEntry::Mailbox { name: name.clone(), application });
        let addresses: Vec<Address> =
            mailbox.addresses.iter().map(|address| bare(address).clone()).collect();
        let display_name = mailbox.display_name.clone();
        private.push(PrivateEntry::Mailbox { name, display_name, addresses });
    }
    let name = bare(&file.internal.name).clone();
    entries.push(DirectoryEntry::Internal { name: name.clone() });
    let addresses = vec![bare(&file.internal.address).clone()];
    private.push(PrivateEntry::Mailbox { name, display_name: None, addresses });
    entries.extend(vocabulary(file));
    LoadDirectory { entries, private }
}

/// The settings; those that are not given have their defaults.
pub(crate) fn settings(settings: &Settings) -> LoadSettings {
    let hosts = settings.webhook_hosts.iter().map(|Checked(host)| host.0.clone()).collect();
    let settings = vec![
        Setting::RestartHeldContacts(settings.restart_held_contacts.setting()),
        Setting::ReleaseOnReply(settings.release_on_reply),
        Setting::AgentCopyFrom(settings.agent_copy_from.setting()),
        Setting::KeepInternalCc(settings.keep_internal_cc),
        Setting::KeepExternalCc(settings.keep_external_cc),
        Setting::Quotes(settings.quotes.setting()),
        Setting::SignedReplies(settings.signed_replies.setting()),
        Setting::AutomaticRepliesPerAddressDay(settings.automatic_replies_per_address_day),
        Setting::AutomaticRepliesPerDomainHour(settings.automatic_replies_per_domain_hour),
        Setting::AutomaticRepliesPerHour(settings.automatic_replies_per_hour),
        Setting::WithheldAttachments(endings(&settings.withheld_attachments)),
        Setting::RunningContacts(settings.running_contacts.setting()),
        Setting::AgentWaitMs(settings.agent_wait.0.0),
        Setting::WebhookHosts(hosts),
    ];
    LoadSettings { settings }
}

/// Endings of file names as they are compared: `.EXE` is `exe`.
fn endings(given: &[String]) -> Vec<String> {
    given.iter().map(|ending| ending.trim().trim_start_matches('.').to_lowercase()).collect()
}

fn sorted<T, K: Ord>(entries: &[T], key: impl Fn(&T) -> &K) -> Vec<&T> {
    let mut sorted: Vec<&T> = entries.iter().collect();
    sorted.sort_by(|one, other| key(one).cmp(key(other)));
    sorted
}

/// What is not the default.
fn rules(queue: &Queue) -> Vec<QueueRule> {
    let next_agent = match queue.next_agent {
        config::NextAgent::LongestIdle => None,
        config::NextAgent::HuntOrder => Some(NextAgent::HuntOrder(queue.hunt_order())),
        config::NextAgent::BestSkill => Some(NextAgent::BestSkill),
    };
    let ms = |duration: &Spanned<Checked<config::Duration>>| bare(duration).0;
    let accept = queue.accept_within.as_ref().map(ms);
    let service_level = queue.service_level.as_ref().map(|service| QueueRule::ServiceLevel {
        percent: *service.percent.get_ref(),
        within_ms: ms(&service.within),
    });
    let raise = queue.raise_priority.as_ref().map(|raise| QueueRule::RaisePriority {
        every_ms: ms(&raise.every),
        by: *raise.by.get_ref(),
        to: raise.to,
    });
    let overflow = queue.overflow.as_ref().map(|overflow| QueueRule::Overflow {
        after_ms: ms(&overflow.after),
        to: bare(&overflow.to).clone(),
    });
    let prefer = queue.prefer_last_agent.as_ref().map(ms);
    let codes: Vec<_> = queue.dispositions.iter().map(|code| bare(code).clone()).collect();
    let required = queue.disposition_required;
    let dispositions =
        (required || !codes.is_empty()).then_some(QueueRule::Dispositions { codes, required });
    [
        next_agent.map(QueueRule::NextAgent),
        accept.map(|ms| QueueRule::AcceptWithin { ms }),
        service_level,
        raise,
        overflow,
        prefer.map(|wait_ms| QueueRule::PreferLastAgent { wait_ms }),
        dispositions,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// An agent, and what is not the default.
fn about(agent: &Agent, number: AgentNumber) -> Vec<DirectoryEntry> {
    let served = sorted(&agent.queues, |queue| &queue.get_ref().name);
    let queues = served.iter().map(|queue| queue.get_ref().name.clone()).collect();
    let capacity = *agent.capacity.get_ref();
    let mut entries = vec![DirectoryEntry::Agent { number, queues, capacity }];
    for queue in served.iter().map(|queue| queue.get_ref()) {
        if queue.level != LEVEL_DEFAULT {
            let (queue, level) = (queue.name.clone(), queue.level);
            entries.push(DirectoryEntry::AgentLevel { number, queue, level });
        }
    }
    for skill in sorted(&agent.skills, |skill| &skill.get_ref().name) {
        let (skill, level) = (skill.get_ref().name.clone(), skill.get_ref().level);
        entries.push(DirectoryEntry::AgentSkill { number, skill, level });
    }
    let team = agent.team.as_ref().map(|team| bare(team).clone());
    entries.extend(team.map(|team| DirectoryEntry::AgentTeam { number, team }));
    entries
}

/// What queues and agents are described with.
fn vocabulary(file: &File) -> Vec<DirectoryEntry> {
    let skills = sorted(&file.skill, |skill| bare(&skill.name)).into_iter();
    let teams = sorted(&file.team, |team| bare(&team.name)).into_iter();
    let codes = sorted(&file.disposition, |entry| bare(&entry.code)).into_iter();
    let schedules = sorted(&file.schedule, |schedule| bare(&schedule.name));
    skills
        .map(|skill| DirectoryEntry::Skill { name: bare(&skill.name).clone() })
        .chain(teams.map(|team| DirectoryEntry::Team { name: bare(&team.name).clone() }))
        .chain(codes.map(|entry| DirectoryEntry::Disposition { code: bare(&entry.code).clone() }))
        .chain(schedules.into_iter().map(|schedule| DirectoryEntry::Schedule(schedule.schedule())))
        .collect()
}
