using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

namespace SmartCity.Core.Api;

/// <summary>What is wrong with a JSON body, and what is expected in its place, in plain words: neither names of types nor sentences of the framework.</summary>
internal static partial class BodyWords
{
    private const int MostMembers = 12;

    /// <summary>Says of a body which member cannot be read, and why.</summary>
    /// <param name="body">What the body should be; null if that is not known.</param>
    public static (string? Member, string Detail) Of(JsonException fault, JsonTypeInfo? body)
    {
        var member = fault.Path is { Length: > 1 } path ? path[(path[1] == '.' ? 2 : 1)..] : null;
        var subject = member is null ? "The body" : $"{member} in the body";
        if (fault is not BodyFaultException && fault.InnerException is JsonException)
        {
            var place = string.Create(CultureInfo.InvariantCulture, $"line {fault.LineNumber + 1}, byte {fault.BytePositionInLine + 1}");
            return (member, $"The body is not valid JSON: it cannot be read at {place}{(member is null ? "" : $", in {member}")}.");
        }

        if (fault is BodyFaultException { Why: var why })
        {
            return (member, $"{subject} {why}");
        }

        var expected = At(body, fault.Path) is { } at ? Expected(at.Type, at.Options) : null;
        if (Missing().Match(fault.Message) is { Success: true, Groups: var groups })
        {
            var names = string.Join(", ", groups["name"].Captures.Select(c => c.Value));
            return (member is null ? names : $"{member}: {names}", $"{subject} lacks {names}, which must be there.");
        }

        var sent = fault.Message.Contains("allow setting null", StringComparison.Ordinal) ? "null"
            : fault.InnerException is { } inner && Token().Match(inner.Message) is { Success: true } token ? Sent(token.Groups["token"].Value)
            : null;
        return (member, sent is null || sent == expected ? $"{subject} cannot be used: {expected ?? "something else"} is expected." : $"{subject} is {sent}; {expected ?? "something else"} is expected.");
    }

    /// <summary>A value of this type, in words.</summary>
    public static string Expected(Type type, JsonSerializerOptions? options = null)
    {
        var of = Nullable.GetUnderlyingType(type) ?? type;
        return of == typeof(string) || of == typeof(char) ? "a text"
            : of == typeof(bool) ? "true or false"
            : of == typeof(Guid) ? "an id such as 0193a5b0-1c2d-7e3f-8a4b-5c6d7e8f9a0b"
            : of == typeof(DateOnly) ? "a day such as 2026-11-23"
            : of == typeof(TimeOnly) ? "a time of day such as 08:15:30"
            : of == typeof(DateTimeOffset) || of == typeof(DateTime) ? "a time such as 2026-11-23T08:15:30Z"
            : of == typeof(PeriodBegin) || of == typeof(PeriodEnd) ? "a day such as 2026-11-23, or a time such as 2026-11-23T08:15:30Z,"
            : of == typeof(Cursor) ? "the value of next of the page before"
            : of == typeof(TimeSpan) ? "a duration such as 00:15:00"
            : of == typeof(byte[]) ? "a text in Base64"
            : of.IsEnum ? "one of " + string.Join(", ", Enum.GetNames(of).Select(JsonNamingPolicy.CamelCase.ConvertName))
            : of == typeof(int) || of == typeof(long) || of == typeof(short) ? string.Create(CultureInfo.InvariantCulture, $"a whole number from {Least(of)} to {Most(of)}")
            : of == typeof(double) || of == typeof(float) || of == typeof(decimal) ? "a number"
            : options?.GetTypeInfo(of) is { } known ? OfKind(known)
            : "another value";
    }

    private static string OfKind(JsonTypeInfo type) => type.Kind switch
    {
        JsonTypeInfoKind.Enumerable => "a list",
        JsonTypeInfoKind.Object when type.Properties.Where(p => p.Set is not null || p.AssociatedParameter is not null).Select(p => p.Name).Take(MostMembers + 1).ToList() is { Count: > 0 } members =>
            $"an object with {string.Join(", ", members.Take(MostMembers))}{(members.Count > MostMembers ? " and more" : "")}",
        _ => "an object",
    };

    private static object Least(Type type) => type == typeof(long) ? long.MinValue : type == typeof(int) ? int.MinValue : short.MinValue;

    private static object Most(Type type) => type == typeof(long) ? long.MaxValue : type == typeof(int) ? int.MaxValue : short.MaxValue;

    private static string? Sent(string token) => token switch
    {
        "Null" => "null",
        "String" => "a text",
        "Number" => "a number",
        "True" or "False" => "true or false",
        "StartObject" => "an object",
        "StartArray" => "a list",
        _ => null,
    };

    // Along $.items[0].plate from the body's type to the member's.
    private static JsonTypeInfo? At(JsonTypeInfo? type, string? path)
    {
        foreach (var step in Steps().Matches(path ?? "").AsEnumerable())
        {
            if (type is null)
            {
                return null;
            }

            var name = step.Groups["name"].Value;
            var next = type.Kind == JsonTypeInfoKind.Object ? type.Properties.FirstOrDefault(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.PropertyType : ElementOf(type.Type);
            type = next is null ? null : type.Options.GetTypeInfo(next);
        }

        return type;
    }

    private static Type? ElementOf(Type list) =>
        list.GetInterfaces().Append(list).FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>))?.GetGenericArguments()[0] is { } element
            ? element.IsGenericType && element.GetGenericTypeDefinition() == typeof(KeyValuePair<,>) ? element.GetGenericArguments()[1] : element
            : null;

    [GeneratedRegex(@"\.(?<name>[^.\[\]]+)|\[(?<name>\d+)\]|\['(?<name>[^']*)'\]")]
    private static partial Regex Steps();

    [GeneratedRegex("token type '(?<token>[A-Za-z]+)'")]
    private static partial Regex Token();

    [GeneratedRegex(@"missing required properties[^:]*:(?: ?'(?<name>[^']+)'[,;.]?)+")]
    private static partial Regex Missing();
}
