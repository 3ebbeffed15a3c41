using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace SmartCity.Bricks.Http;

/// <summary>
/// A flow behind HTTP POST, for Knative and whatever else pushes CloudEvents: structured, batch and binary mode. It answers 204 when the work is done or its dead letter
/// is kept. Without <see cref="Flow{T}.DeadLetters"/> the sender keeps what fails: 503 for what may succeed later, 422 for what never will. 400 for what is no event.
/// </summary>
public static class FlowEndpoint
{
    public static IEndpointConventionBuilder MapFlow<T>(this IEndpointRouteBuilder app, string pattern, Flow<T> flow) => app.MapPost(pattern, (HttpRequest request) => TakeAsync(request, flow));

    private static async Task<IResult> TakeAsync<T>(HttpRequest request, Flow<T> flow)
    {
        List<CloudEvent<T>> events;
        try
        {
            events = await ReadAsync<T>(request, flow.Json);
        }
        catch (Exception e) when (e is JsonException or FormatException or NotSupportedException)
        {
            return Results.Problem($"This is no CloudEvent that can be taken: {e.Message}", statusCode: StatusCodes.Status400BadRequest);
        }

        using var attempt = new Attempt(flow.Clock, request.HttpContext.RequestAborted);
        foreach (var e in events)
        {
            if (await flow.HandleAsync(e, attempt, request.HttpContext.RequestAborted) is not { } letter)
            {
                continue;
            }

            if (flow.DeadLetters is null)
            {
                return Results.Problem(letter.Reason, statusCode: letter.IsRejected ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status503ServiceUnavailable);
            }

            await flow.BuryAsync(letter, flow.DeadLetters, request.HttpContext.RequestAborted);
        }

        return Results.NoContent();
    }

    private static async Task<List<CloudEvent<T>>> ReadAsync<T>(HttpRequest request, JsonSerializerOptions json)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted);
        var content = body.GetBuffer().AsMemory(0, (int)body.Length);
        var type = request.ContentType ?? "";
        if (type.StartsWith(EventFormat<T>.BatchContentType, StringComparison.OrdinalIgnoreCase))
        {
            return EventFormat<T>.ReadBatch(content, json);
        }

        if (type.StartsWith(EventFormat<T>.ContentType, StringComparison.OrdinalIgnoreCase))
        {
            return [EventFormat<T>.Read(content, json)];
        }

        string? Attribute(string name) => request.Headers.TryGetValue("ce-" + name, out var value) ? Uri.UnescapeDataString(value.ToString()) : null;
        string Needed(string name) => Attribute(name) ?? throw new FormatException($"the header ce-{name} is missing.");
        return [new CloudEvent<T>
        {
            Id = Needed("id"),
            Source = Needed("source"),
            Type = Needed("type"),
            Subject = Attribute("subject"),
            Time = Attribute("time") is { } time ? DateTimeOffset.Parse(time, CultureInfo.InvariantCulture) : null,
            DataContentType = request.ContentType,
            DataSchema = Attribute("dataschema"),
            Key = Attribute("partitionkey"),
            TraceParent = request.Headers.TryGetValue("traceparent", out var parent) ? parent.ToString() : Attribute("traceparent"),
            TraceState = request.Headers.TryGetValue("tracestate", out var state) ? state.ToString() : Attribute("tracestate"),
            Data = EventData<T>.Read(content.Span, json),
        }];
    }
}
