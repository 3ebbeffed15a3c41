using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace SmartCity.Core.Api;

/// <summary>Refuses the character U+0000, in bodies, queries, paths and headers: no text of Postgres can hold it.</summary>
internal sealed class StorableTextConverter : JsonConverter<string>
{
    private const string Refusal = "holds the character U+0000, which no text here can hold.";

    public static Task CheckAddressAsync(HttpContext context, RequestDelegate next) =>
        Fault(context.Request) is { } fault ? Paging.Problem(fault).ExecuteAsync(context) : next(context);

    // Headers may be percent-encoded, as reasons are.
    private static string? Fault(HttpRequest request) =>
        Named(request.Query.Select(p => (p.Key, p.Value))) is { } query ? $"{query} {Refusal}"
        : Holds(request.Path.Value) ? $"The path {Refusal}"
        : Named(request.Headers.Select(h => (h.Key, h.Value))) is { } header ? $"The header {header} {Refusal}"
        : null;

    private static string? Named(IEnumerable<(string Name, StringValues Values)> fields) => fields.Where(f => Holds(f.Name) || f.Values.Any(Holds)).Select(f => f.Name.Replace("\0", "", StringComparison.Ordinal)).FirstOrDefault();

    private static bool Holds(string? text) => text is not null && (text.Contains('\0', StringComparison.Ordinal) || text.Contains("%00", StringComparison.Ordinal));

    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String ? Check(reader.GetString()!) : throw new BodyFaultException($"is {Name(reader.TokenType)}; a text is expected.");

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Check(reader.GetString()!);

    public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WritePropertyName(value);

    private static string Name(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.Number => "a number",
        _ => "true or false",
    };

    private static string Check(string text) => text.Contains('\0', StringComparison.Ordinal) ? throw new BodyFaultException(Refusal) : text;
}
