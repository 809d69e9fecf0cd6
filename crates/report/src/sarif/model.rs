//! The part of SARIF 2.1.0 that is written, by the names of the standard (OASIS, 27 March 2020, section 3).

use serde::Serialize;
use serde_json::{Map, Value};

/// `run.results[].level` and the like.
pub(super) type Level = &'static str;

macro_rules! objects {
    ($( $(#[doc = $doc:literal])+ $name:ident { $( $field:ident : $type:ty ),+ $(,)? } )+) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, Default, Serialize)]
        #[serde(rename_all = "camelCase")]
        pub(super) struct $name { $( #[serde(skip_serializing_if = "Absent::absent")] pub(super) $field: $type ),+ }
    )+ };
}

/// What an object leaves out: SARIF tells absence from emptiness only where it matters, and nothing here does.
trait Absent {
    fn absent(&self) -> bool;
}

impl<T> Absent for Option<T> {
    fn absent(&self) -> bool {
        self.is_none()
    }
}

impl<T> Absent for Vec<T> {
    fn absent(&self) -> bool {
        self.is_empty()
    }
}

impl Absent for Map<String, Value> {
    fn absent(&self) -> bool {
        self.is_empty()
    }
}

objects! {
    /// 3.14
    Run {
        tool: Option<Tool>,
        automation_details: Option<AutomationDetails>,
        invocations: Vec<Invocation>,
        artifacts: Vec<Artifact>,
        results: Option<Vec<Result>>,
        taxonomies: Vec<Component>,
        column_kind: Option<&'static str>,
        properties: Map<String, Value>,
    }
    /// 3.18
    Tool { driver: Option<Component> }
    /// 3.17
    AutomationDetails { id: Option<String> }
    /// 3.19
    Component {
        name: Option<&'static str>,
        organization: Option<&'static str>,
        version: Option<String>,
        semantic_version: Option<String>,
        information_uri: Option<String>,
        short_description: Option<Message>,
        rules: Vec<Descriptor>,
        notifications: Vec<Descriptor>,
        taxa: Vec<Descriptor>,
        supported_taxonomies: Vec<ComponentReference>,
        is_comprehensive: Option<bool>,
        properties: Map<String, Value>,
    }
    /// 3.54
    ComponentReference { name: Option<&'static str>, index: Option<usize> }
    /// 3.49
    Descriptor {
        id: Option<String>,
        name: Option<String>,
        short_description: Option<Message>,
        full_description: Option<Message>,
        help: Option<Message>,
        help_uri: Option<String>,
        default_configuration: Option<Configuration>,
        relationships: Vec<Relationship>,
        properties: Map<String, Value>,
    }
    /// 3.50
    Configuration { level: Option<Level> }
    /// 3.53
    Relationship { target: Option<DescriptorReference>, kinds: Vec<&'static str> }
    /// 3.52
    DescriptorReference { id: Option<String>, index: Option<usize>, tool_component: Option<ComponentReference> }
    /// 3.11, 3.12
    Message { text: Option<String>, markdown: Option<String> }
    /// 3.20
    Invocation { execution_successful: Option<bool>, tool_execution_notifications: Vec<Notification> }
    /// 3.58
    Notification {
        descriptor: Option<DescriptorReference>,
        level: Option<Level>,
        message: Option<Message>,
        locations: Vec<Location>,
    }
    /// 3.24
    Artifact {
        location: Option<ArtifactLocation>,
        parent_index: Option<usize>,
        offset: Option<u64>,
        length: Option<u64>,
        roles: Vec<&'static str>,
        hashes: Map<String, Value>,
        properties: Map<String, Value>,
    }
    /// 3.4
    ArtifactLocation { uri: Option<String>, index: Option<usize> }
    /// 3.27
    Result {
        rule_id: Option<String>,
        rule_index: Option<usize>,
        level: Option<Level>,
        rank: Option<f64>,
        message: Option<Message>,
        locations: Vec<Location>,
        related_locations: Vec<Location>,
        code_flows: Vec<CodeFlow>,
        partial_fingerprints: Map<String, Value>,
        occurrence_count: Option<u64>,
        suppressions: Vec<Suppression>,
        properties: Map<String, Value>,
    }
    /// 3.28
    Location {
        id: Option<u64>,
        physical_location: Option<PhysicalLocation>,
        logical_locations: Vec<LogicalLocation>,
        message: Option<Message>,
    }
    /// 3.29
    PhysicalLocation { artifact_location: Option<ArtifactLocation>, region: Option<Region> }
    /// 3.30
    Region {
        start_line: Option<u32>,
        start_column: Option<u32>,
        byte_offset: Option<u64>,
        byte_length: Option<u64>,
    }
    /// 3.33
    LogicalLocation { name: Option<String>, fully_qualified_name: Option<String>, kind: Option<&'static str> }
    /// 3.36
    CodeFlow { thread_flows: Vec<ThreadFlow> }
    /// 3.37
    ThreadFlow { locations: Vec<ThreadFlowLocation> }
    /// 3.38
    ThreadFlowLocation { location: Option<Location>, importance: Option<&'static str> }
    /// 3.35
    Suppression { kind: Option<&'static str>, status: Option<&'static str>, justification: Option<String> }
}

impl Message {
    /// Plain text.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), markdown: None }
    }
}
