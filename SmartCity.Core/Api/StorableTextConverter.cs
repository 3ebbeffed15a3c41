using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace SmartCity.Core.Api;

/// <summary>Refuses the character U+0000, in bodies and in queries: no text of Postgres can hold it.</summary>
internal sealed class StorableTextConverter : JsonConverter<string>
{
    private const string Refusal = "holds the character U+0000, which no text here can hold.";

    public static Task CheckQueryAsync(HttpContext context, RequestDelegate next) =>
        context.Request.Query.FirstOrDefault(p => p.Value.Any(v => v?.Contains('\0', StringComparison.Ordinal) == true)) is { Key: { } name }
            ? Paging.Problem($"{name} {Refusal}").ExecuteAsync(context)
            : next(context);

    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String ? Check(reader.GetString()!) : throw new JsonException("A text is expected.");

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Check(reader.GetString()!);

    public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WritePropertyName(value);

    private static string Check(string text) => text.Contains('\0', StringComparison.Ordinal) ? throw new JsonException($"A text {Refusal}") : text;
}
