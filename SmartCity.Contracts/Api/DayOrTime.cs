using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using SmartCity.Contracts.Cities;

namespace SmartCity.Contracts.Api;

/// <summary>
/// Where a period begins or ends, as people write it: a time such as <c>2026-11-23T08:00:00Z</c>, or a day such as <c>2026-11-23</c>. A day counts as a whole in
/// the city's time zone: a period begins with its first moment and ends after its last. A time without an offset is UTC.
/// </summary>
public static class DayOrTime
{
    public const string Expected = "a day such as 2026-11-23 or a time such as 2026-11-23T08:00:00Z";

    // One process serves one city, and converters of JSON are given nothing.
    private static volatile TimeZoneInfo zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/London");

    /// <summary>Days are those of this time zone from now on; London's until somebody says so.</summary>
    /// <param name="timeZone">IANA name.</param>
    public static void Use(string timeZone) => zone = TimeZoneInfo.FindSystemTimeZoneById(timeZone);

    /// <summary>The first moment of the period, in UTC; false when the text is neither a day nor a time.</summary>
    public static bool TryBegin(string? text, out DateTimeOffset at) => TryRead(text, 0, out at);

    /// <summary>The first moment after the period, in UTC; false when the text is neither a day nor a time.</summary>
    public static bool TryEnd(string? text, out DateTimeOffset at) => TryRead(text, 1, out at);

    private static bool TryRead(string? text, int daysLater, out DateTimeOffset at)
    {
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is > 1 and < 9999)
        {
            at = CityDay.StartOf(day.AddDays(daysLater), zone);
            return true;
        }

        // Whatever else could be taken for a time, such as 08:00 or 3/4, means another one to somebody else.
        at = default;
        if (text is not { Length: > 10 } || text[4] != '-' || text[7] != '-' || !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            return false;
        }

        at = time.ToUniversalTime();
        return true;
    }
}

/// <summary>The beginning of a period in JSON: <see cref="DayOrTime"/>.</summary>
public sealed class BeginConverter : JsonConverter<DateTimeOffset?>
{
    public override DateTimeOffset? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? null
        : reader.TokenType == JsonTokenType.String && DayOrTime.TryBegin(reader.GetString(), out var at) ? at
        : throw new JsonException($"It must be {DayOrTime.Expected}.");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset? value, JsonSerializerOptions options) => PeriodJson.Write(writer, value);
}

/// <summary>The end of a period in JSON: <see cref="DayOrTime"/>.</summary>
public sealed class EndConverter : JsonConverter<DateTimeOffset?>
{
    public override DateTimeOffset? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? null
        : reader.TokenType == JsonTokenType.String && DayOrTime.TryEnd(reader.GetString(), out var at) ? at
        : throw new JsonException($"It must be {DayOrTime.Expected}.");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset? value, JsonSerializerOptions options) => PeriodJson.Write(writer, value);
}

/// <summary>A beginning that must be given: <see cref="DayOrTime"/>.</summary>
public sealed class NeededBeginConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && DayOrTime.TryBegin(reader.GetString(), out var at) ? at : throw new JsonException($"It must be {DayOrTime.Expected}.");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => PeriodJson.Write(writer, value);
}

/// <summary>An end that must be given: <see cref="DayOrTime"/>.</summary>
public sealed class NeededEndConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && DayOrTime.TryEnd(reader.GetString(), out var at) ? at : throw new JsonException($"It must be {DayOrTime.Expected}.");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => PeriodJson.Write(writer, value);
}

internal static class PeriodJson
{
    public static void Write(Utf8JsonWriter writer, DateTimeOffset? value)
    {
        if (value is { } at)
        {
            writer.WriteStringValue(at);
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}
