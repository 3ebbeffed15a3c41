namespace SmartCity.ServiceDefaults.Kafka;

/// <summary>Settings of Kafka's clients on which it rests that nothing is lost and nothing happens twice: they can't be set otherwise.</summary>
internal static class KafkaGuarantees
{
    private static readonly Dictionary<string, (string[] Allowed, string Why)> All = new(StringComparer.OrdinalIgnoreCase)
    {
        ["bootstrap.servers"] = ([], "servers are named by the connection string"),
        ["enable.idempotence"] = (["true"], "a record that is sent again would arrive twice"),
        ["acks"] = (["all", "-1"], "a record counts as delivered only when every replica has it"),
        ["request.required.acks"] = (["all", "-1"], "a record counts as delivered only when every replica has it"),
        ["transactional.id"] = ([], "records are not sent in Kafka's transactions"),
        ["dotnet.producer.enable.delivery.reports"] = (["true"], "nobody would know whether a record was delivered"),
        ["dotnet.producer.enable.background.poll"] = (["true"], "nobody would know whether a record was delivered"),
        ["group.id"] = ([], "each consumer has a group of its own; that of ingest is Core:Sightings:Group"),
        ["enable.auto.offset.store"] = (["false"], "a position is stored after the work on its record, never before"),
        ["enable.auto.commit"] = (["true"], "positions that are stored after the work would never be committed"),
        ["auto.commit.enable"] = (["true"], "positions that are stored after the work would never be committed"),
        ["auto.offset.reset"] = (["earliest", "smallest", "beginning"], "records that came before the first start would be passed over"),
        ["isolation.level"] = (["read_committed"], "records of a transaction that was taken back would be read"),
        ["dotnet.consumer.consume.result.fields"] = (["all"], "records would come without their headers and times"),
    };

    /// <exception cref="InvalidOperationException">The setting breaks a guarantee; the message names both.</exception>
    public static void Check(KafkaSetting setting)
    {
        if (All.TryGetValue(setting.Key, out var rule) && !rule.Allowed.Contains(setting.Value, StringComparer.OrdinalIgnoreCase))
        {
            var remedy = rule.Allowed.Length == 0 ? "it can't be set" : $"it is always {rule.Allowed[0]}";
            throw new InvalidOperationException($"{setting.Origin} can't be '{setting.Value}': {remedy}, because {rule.Why}. Remove it.");
        }
    }
}
