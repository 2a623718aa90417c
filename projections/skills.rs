//! Skills by number: who can do what is asked of every group of waiting contacts whenever an agent
//! comes or goes, and names would be compared each time.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};
use event::{AgentNumber, SkillName, SkillNeed};

use crate::Agents;

/// The place of a skill among those that agents have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
struct Skill(u16);

/// What a contact needs of its agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(crate) struct Need {
    /// `None` is a skill that no agent has.
    skill: Option<Skill>,
    level: u8,
}

/// An agent's level in each skill, by its number; 0 where they do not have it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Levels(Vec<u8>);

/// What the agents of a directory can do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Skills {
    numbers: BTreeMap<SkillName, Skill>,
    agents: BTreeMap<AgentNumber, Levels>,
}

impl Levels {
    /// Whether all that is needed is there, each at its least level.
    pub(crate) fn meet(&self, needs: &[Need]) -> bool {
        needs.iter().all(|need| {
            let level = need.skill.and_then(|Skill(number)| self.0.get(usize::from(number)));
            level.is_some_and(|level| *level >= need.level.max(1))
        })
    }
}

impl Skills {
    /// The skills that agents have now.
    pub(crate) fn of(agents: &Agents) -> Self {
        let names: BTreeSet<&SkillName> =
            agents.iter().flat_map(|(_, agent)| agent.skills.keys()).collect();
        let levels = agents.iter().map(|(number, agent)| {
            let level = |name: &&SkillName| agent.skills.get(*name).copied().unwrap_or(0);
            (number, Levels(names.iter().map(level).collect()))
        });
        let agents = levels.collect();
        let numbers = names.iter().zip(0..).map(|(name, number)| ((*name).clone(), Skill(number)));
        Self { numbers: numbers.collect(), agents }
    }

    /// What is needed, by number.
    pub(crate) fn needs(&self, needs: &[SkillNeed]) -> Vec<Need> {
        let need = |need: &SkillNeed| Need {
            skill: self.numbers.get(&need.skill).copied(),
            level: need.level,
        };
        needs.iter().map(need).collect()
    }

    /// Whether an agent has all that is needed.
    pub(crate) fn meet(&self, agent: AgentNumber, needs: &[Need]) -> bool {
        self.levels(agent).is_some_and(|levels| levels.meet(needs))
    }

    /// What an agent can do; `None` where nobody knows them.
    pub(crate) fn levels(&self, agent: AgentNumber) -> Option<&Levels> {
        self.agents.get(&agent)
    }
}
