using SmartCity.Contracts.Api;
using SmartCity.Contracts.Models;
using static SmartCity.Web.Languages.Words;

namespace SmartCity.Web.Components.Models;

/// <summary>How the Models pages say what the core calls by codes; a code without words stays as it is.</summary>
internal static class ModelWording
{
    public static string Kind(string kind) => kind switch
    {
        ModelKind.Reader => Say("reader"),
        ModelKind.Detector => Say("detector"),
        ModelKind.Country => Say("country"),
        ModelKind.Whole => Say("whole"),
        _ => kind,
    };

    /// <summary>What a version is used as, and whether it is signed.</summary>
    /// <param name="unused">What is said of one that is not used.</param>
    public static string State(ModelVersionView version, string unused)
    {
        var uses = version.Aliases.Count > 0 ? string.Join(", ", version.Aliases.Select(Alias)) : unused;
        return version.IsSigned ? uses : Say("{0}, not signed", uses);
    }

    public static string Phase(string phase) => phase switch
    {
        ModelPhase.Serving => Say("serving"),
        ModelPhase.Watched => Say("watched"),
        ModelPhase.Fetching => Say("fetching"),
        ModelPhase.Shadowing => Say("shadowing"),
        ModelPhase.Refused => Say("refused"),
        _ => phase,
    };

    public static string Ring(string name) => name switch
    {
        "one station" => Say("one station"),
        "a quarter" => Say("a quarter"),
        "all" => Say("all"),
        _ => name,
    };

    /// <summary>State of a training.</summary>
    public static string Training(string state) => state switch
    {
        "waiting" => Say("waiting"),
        "running" => Say("running"),
        "done" => Say("done"),
        "failed" => Say("failed|training"),
        "cancelled" => Say("cancelled"),
        _ => state,
    };

    /// <summary>Name of a gate, such as <c>calibration, hold-out</c>.</summary>
    public static string Gate(string name) => name.Split(", ") is [var what, var set] ? $"{Judged(what)}, {Set(set)}" : Judged(name);

    public static string Set(string set) => set switch
    {
        "hold-out" => Say("hold-out"),
        "rendered" => Say("rendered"),
        _ => set,
    };

    /// <summary>What the pictures of a slice have in common, such as <c>country GB</c>.</summary>
    public static string Slice(string slice) => slice.Split(' ', 2) switch
    {
        ["all"] => Say("all"),
        ["country", var country] => Say("country {0}", Country(country)),
        ["camera", var camera] => Say("camera {0}", camera),
        ["source", var source] => Say("source {0}", Source(source)),
        ["light", var light] => Say("light {0}", Light(light)),
        ["condition", var condition] => Say("condition {0}", Condition(condition)),
        _ => slice,
    };

    /// <param name="country">Its code, or a word for those that have none.</param>
    public static string Country(string country) => country switch
    {
        "other" => Say("other"),
        "unknown" => Say("unknown"),
        _ => country,
    };

    private static string Alias(string alias) => alias switch
    {
        "champion" => Say("champion"),
        "challenger" => Say("challenger"),
        "previous" => Say("previous"),
        _ => alias,
    };

    private static string Judged(string what) => what switch
    {
        "plates of the city" => Say("plates of the city"),
        "rendered plates" => Say("rendered plates"),
        "sure and wrong" => Say("sure and wrong"),
        "calibration" => Say("calibration"),
        "unread" => Say("unread"),
        "shape" => Say("shape"),
        "time" => Say("time"),
        "memory" => Say("memory"),
        "no slice loses" => Say("no slice loses"),
        _ => what,
    };

    private static string Source(string source) => source switch
    {
        "review" => Say("review"),
        "audit-sample" => Say("audit-sample"),
        _ => source,
    };

    private static string Light(string light) => light switch
    {
        "day" => Say("day"),
        "twilight" => Say("twilight"),
        "night" => Say("night"),
        "unknown" => Say("unknown"),
        _ => light,
    };

    private static string Condition(string condition) => condition switch
    {
        "near" => Say("near"),
        "middle" => Say("middle"),
        "far" => Say("far"),
        _ => condition,
    };
}
