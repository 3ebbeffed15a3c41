using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Alerts;

/// <summary>What people do with alerts. Each step is kept; the alert shows the last.</summary>
internal static class AlertActions
{
    private const int LongestNote = 1_000;

    // From which states a step can be taken. Whoever is second finds that the first was there.
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["acknowledged"] = ["open"],
        ["escalated"] = ["open", "acknowledged"],
        ["resolved"] = ["open", "acknowledged", "escalated"],
        ["dismissed"] = ["open", "acknowledged", "escalated"],
        ["reopened"] = ["acknowledged", "dismissed", "escalated", "resolved"],
    };

    /// <summary>What is wrong with a decision in itself, for people; null when nothing is.</summary>
    public static string? Check(AlertDecision decision) =>
        decision.Action is null || !Allowed.ContainsKey(decision.Action) ? $"action must be one of {string.Join(", ", Allowed.Keys)}."
        : decision.Action is "dismissed" or "escalated" && string.IsNullOrWhiteSpace(decision.Note) ? $"note is missing: say why the alert is {decision.Action}."
        : decision.Action == "resolved" && !AlertOutcome.All.Contains(decision.Outcome) ? $"outcome must be one of {string.Join(", ", AlertOutcome.All)}: say what became of the hit."
        : decision.Action != "resolved" && decision.Outcome is not null ? "outcome belongs to resolved alone."
        : decision.Note?.Length > LongestNote ? $"note has {decision.Note.Length} characters; at most {LongestNote} are allowed."
        : null;

    /// <summary>Takes a step inside the caller's transaction.</summary>
    /// <returns>Null if the action was done; otherwise the state that the alert is in, or an empty text if there is no such alert.</returns>
    public static async Task<string?> TakeAsync(NpgsqlConnection connection, Guid alert, AlertDecision decision, string by, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var lockRow = new NpgsqlCommand("select state from alerts where id = $1 for update", connection) { Parameters = { new() { Value = alert } } };
        if (await lockRow.ExecuteScalarAsync(cancellationToken) is not string state)
        {
            return "";
        }

        if (!Allowed[decision.Action!].Contains(state))
        {
            return state;
        }

        var note = string.IsNullOrWhiteSpace(decision.Note) ? (object)DBNull.Value : decision.Note.Trim();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("insert into alert_actions (alert_id, at, by, action, note, outcome) values ($1, $2, $3, $4, $5, $6)")
                {
                    Parameters = { new() { Value = alert }, new() { Value = now }, new() { Value = by }, new() { Value = decision.Action! }, new() { Value = note }, TextParameter.Of(decision.Outcome) },
                },
                new(
                    """
                    update alerts set state = $2, note = $5, outcome = $6,
                        acknowledged_at = case when $2 = 'open' then null else coalesce(acknowledged_at, $3) end,
                        acknowledged_by = case when $2 = 'open' then null else coalesce(acknowledged_by, $4) end
                    where id = $1
                    """)
                {
                    Parameters = { new() { Value = alert }, new() { Value = decision.Action == "reopened" ? "open" : decision.Action! }, new() { Value = now }, new() { Value = by }, new() { Value = note }, TextParameter.Of(decision.Outcome) },
                },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return null;
    }

    public static async Task<List<AlertAction>> OfAsync(NpgsqlDataSource dataSource, Guid alert, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select at, by, action, note, outcome from alert_actions where alert_id = $1 order by id");
        command.Parameters.Add(new() { Value = alert });
        return await command.ReadAllAsync(r => new AlertAction(r.Time(0), r.GetString(1), r.GetString(2), r.Text(3), r.Text(4)), cancellationToken);
    }
}
