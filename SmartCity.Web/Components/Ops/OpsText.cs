using System.Globalization;
using SmartCity.Web.Components.Administration;
using static SmartCity.Web.Languages.Words;

namespace SmartCity.Web.Components.Ops;

/// <summary>How the Ops pages say figures.</summary>
internal static class OpsText
{
    public static string NotMeasured => Say("not measured");

    public static string Number(double value) => value.ToString(Math.Abs(value) >= 100 ? "#,0" : "0.#", CultureInfo.CurrentCulture);

    public static string Count(long value) => value.ToString("#,0", CultureInfo.CurrentCulture);

    public static string Count(long? value) => value is { } known ? Count(known) : NotMeasured;

    public static string PerSecond(double? value) => value is { } known ? $"{Number(known)}/s" : NotMeasured;

    public static string Percent(double? percentOfCore) => percentOfCore is { } known ? $"{Number(known)} %" : NotMeasured;

    public static string Share(double? share) => share is { } known ? known.ToString("0.0 %", CultureInfo.CurrentCulture) : "–";

    public static string Bytes(long bytes) => bytes switch
    {
        >= 1_000_000_000_000 => $"{Number(bytes / 1e12)} TB",
        >= 1_000_000_000 => $"{Number(bytes / 1e9)} GB",
        >= 1_000_000 => $"{Number(bytes / 1e6)} MB",
        >= 1_000 => $"{Number(bytes / 1e3)} kB",
        _ => $"{Count(bytes)} B",
    };

    public static string Milliseconds(double? value) => value switch
    {
        null => "–",
        < 1_000 => $"{Number(value.Value)} ms",
        < 120_000 => $"{Number(value.Value / 1_000)} s",
        _ => Age(TimeSpan.FromMilliseconds(value.Value)),
    };

    public static string Age(TimeSpan age) =>
        age < TimeSpan.Zero ? "0 s" : age.TotalSeconds < 120 ? $"{Number(Math.Floor(age.TotalSeconds))} s" : age.TotalMinutes < 120 ? $"{Number(Math.Floor(age.TotalMinutes))} min" : age.TotalHours < 48 ? $"{Number(Math.Floor(age.TotalHours))} h" : Say("{0} days", Number(Math.Floor(age.TotalDays)));

    /// <summary>The state of a part or of a worker.</summary>
    public static string State(string state) => state switch
    {
        "healthy" => Say("healthy"),
        "degraded" => Say("degraded"),
        "failed" => Say("failed"),
        "starting" => Say("starting"),
        "unknown" => Say("unknown"),
        _ => state,
    };

    /// <summary>What a camera does.</summary>
    public static string CameraState(string state) => CameraWording.State(State(state));

    public static string LetterState(string state) => state switch
    {
        "open" => Say("open"),
        "replaying" => Say("replaying"),
        "replayed" => Say("replayed"),
        "discarded" => Say("discarded"),
        _ => state,
    };

    /// <summary>A sign beside the word, so that a state is told by more than its colour.</summary>
    public static string Sign(string state) => state switch { "healthy" => "✓", "degraded" => "!", "failed" => "✕", _ => "?" };
}
