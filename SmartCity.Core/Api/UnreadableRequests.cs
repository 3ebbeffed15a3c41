using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;

namespace SmartCity.Core.Api;

/// <summary>What no route can read, a body or a parameter, is refused in one place: the answer names the member, what is wrong with it and what is expected.</summary>
internal sealed partial class UnreadableRequests(IOptions<JsonOptions> json) : IExceptionHandler
{
    private const string Member = "member";

    private static readonly Type[] Parameters =
        [typeof(int), typeof(long), typeof(double), typeof(decimal), typeof(bool), typeof(Guid), typeof(DateOnly), typeof(TimeOnly), typeof(DateTimeOffset), typeof(TimeSpan), typeof(PeriodBegin), typeof(PeriodEnd), typeof(Cursor)];

    private static readonly Dictionary<string, Type> Names = Parameters.ToDictionary(p => p.Name, p => p)
        .Concat([new("int", typeof(int)), new("long", typeof(long)), new("double", typeof(double)), new("decimal", typeof(decimal)), new("bool", typeof(bool)), new("string", typeof(string))]).ToDictionary();

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not BadHttpRequestException bad)
        {
            return false;
        }

        var (member, detail) = Describe(bad, httpContext);
        Dictionary<string, object?>? extensions = member is null ? null : new() { [Member] = member };
        await TypedResults.Problem(detail, statusCode: bad.StatusCode, title: bad.StatusCode == StatusCodes.Status400BadRequest ? "The request is not valid." : null, extensions: extensions).ExecuteAsync(httpContext);
        return true;
    }

    private (string? Member, string Detail) Describe(BadHttpRequestException bad, HttpContext http)
    {
        var endpoint = http.Features.Get<IExceptionHandlerFeature>()?.Endpoint ?? http.GetEndpoint();
        var body = endpoint?.Metadata.GetMetadata<IAcceptsMetadata>()?.RequestType is { } type && json.Value.SerializerOptions.TryGetTypeInfo(type, out var known) ? known : null;
        return bad switch
        {
            { InnerException: JsonException fault } => BodyWords.Of(fault, body),
            { StatusCode: StatusCodes.Status413PayloadTooLarge } => (null, "The body is larger than this call takes."),
            { StatusCode: StatusCodes.Status415UnsupportedMediaType } => (null, "The body must be JSON, with the header Content-Type: application/json."),
            _ when Parameter().Match(bad.Message) is { Success: true, Groups: var groups } => groups["place"].Value is "body" || groups["name"].Value.Length == 0
                ? (null, $"This call needs a body: {(body is null ? "a JSON object" : BodyWords.Expected(body.Type, body.Options))}.")
                : OfParameter(JsonNamingPolicy.CamelCase.ConvertName(groups["name"].Value), groups["type"].Value, bad.Message.StartsWith("Failed", StringComparison.Ordinal)),
            _ when bad.Message.Contains("no body was provided", StringComparison.Ordinal) => (null, $"This call needs a body: {(body is null ? "a JSON object" : BodyWords.Expected(body.Type, body.Options))}."),
            _ => (null, bad.Message),
        };
    }

    private static (string? Member, string Detail) OfParameter(string name, string type, bool isGiven)
    {
        var expected = Names.TryGetValue(Optional().Replace(type, "${of}"), out var known) ? BodyWords.Expected(known).TrimEnd(',') : "another value";
        return (name, isGiven ? $"{name} cannot be used: {expected} is expected." : $"{name} is missing: {expected} is expected.");
    }

    // Such as: Failed to bind parameter "Cursor after" from "x". Or: Required parameter "string plate" was not provided from query string.
    [GeneratedRegex("parameter \"(?<type>[^\"]*) (?<name>[^\" ]+)\" (?:from \"|was not provided from (?<place>\\w+))")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"^Nullable<(?<of>.+)>$|^(?<of>[^?]+)\?$")]
    private static partial Regex Optional();
}
