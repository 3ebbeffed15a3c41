using SmartCity.Contracts.Api;
using SmartCity.Core.Ops;

namespace SmartCity.Core.Shifts;

/// <summary>What may be written in the log of a shift, and what of what waits somebody may see. Pure.</summary>
internal static class ShiftRules
{
    public const int LongestText = 2_000;
    public const int LongestNote = 4_000;

    /// <summary>What is wrong with an entry, for people; null when nothing is.</summary>
    public static string? Check(NewShiftEntry entry) =>
        entry.Text?.Trim() is not { Length: > 0 and <= LongestText } ? $"text must have 1 to {LongestText} characters."
        : entry.Kind is null ? (string.IsNullOrWhiteSpace(entry.About) ? null : $"kind is missing: about is one of {string.Join(", ", ShiftReference.All)}.")
        : !ShiftReference.All.Contains(entry.Kind) ? $"kind must be one of {string.Join(", ", ShiftReference.All)}."
        : entry.Kind == ShiftReference.Vehicle ? (PlateOf(entry.About) is null ? "about must be a plate of 1 to 12 Latin letters and digits, such as AB12CDE." : null)
        : entry.Kind == ShiftReference.Station ? (string.IsNullOrWhiteSpace(entry.About) ? "about must be the id of a station." : null)
        : Guid.TryParse(entry.About, out _) ? null : $"about must be the id of the {entry.Kind}.";

    /// <summary>A plate as it is stored; null when it is none.</summary>
    public static string? PlateOf(string? text) =>
        text?.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant() is { Length: > 0 and <= 12 } plate && plate.All(char.IsAsciiLetterOrDigit) ? plate : null;

    /// <summary>What of it somebody may see.</summary>
    /// <param name="may">Whether they have a scope.</param>
    public static ShiftWaiting For(ShiftWaiting waiting, Func<string, bool> may) => new(
        waiting.At,
        may(Scope.AlertsRead) ? waiting.Alerts : null,
        may(Scope.AlertsRead) ? waiting.FirstAlerts : null,
        may(Scope.ReviewRead) ? waiting.Cases : null,
        may(Scope.ChargesRead) ? waiting.Disputes : null,
        may(Scope.OpsRead) ? waiting.Faults : null);

    /// <summary>Everything of the pipeline that is degraded or has failed, in words.</summary>
    public static IReadOnlyList<ShiftFault> Faults(OpsView ops) =>
    [
        .. ops.Stations.SelectMany(s => ((string, NodeState)[])[("edge", s.Edge), ("Kafka", s.EdgeKafka), ("mirror", s.Mirror)], (s, n) => ($"{s.Name ?? s.StationId}, {n.Item1}", n.Item2))
            .Concat<(string Part, NodeState Node)>([("Core", ops.Core.Node), ("Core Kafka", ops.Kafka.Node), ("Postgres", ops.Database.Node), ("Archive", ops.Storage.Node)])
            .Where(p => p.Node.State is OpsRules.Degraded or OpsRules.Failed)
            .Select(p => new ShiftFault(p.Part, p.Node.State, string.Join(' ', p.Node.Problems))),
        .. ops.Workers.Where(w => w.State is OpsRules.Degraded or OpsRules.Failed).Select(w => new ShiftFault($"Worker {w.Name}", w.State, w.Detail ?? "")),
    ];
}
