using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SmartCity.Core.Audit;

/// <summary>What the audit says of a route. Without it every call that is not a GET is written down under its method and route, and no GET is.</summary>
/// <param name="Action">Such as <c>vehicles.search</c>; null when the handler writes its own line, or none is wanted.</param>
internal sealed record AuditMetadata(string? Action)
{
    /// <summary>The caller says why, in header <c>Audit-Reason</c>.</summary>
    public bool ReasonRequired { get; init; }

    /// <summary>Rows of the answer count against the caller's quota.</summary>
    public bool IsCounted { get; init; }

    /// <summary>The body belongs to the line: never where it holds a secret.</summary>
    public bool RecordBody { get; init; }

    /// <summary>Holds only for calls that give this query parameter, which is then the line's subject.</summary>
    public string? Parameter { get; init; }

    /// <summary>Holds only for calls of which this is true; null for all.</summary>
    public Func<HttpContext, bool>? When { get; init; }

    /// <summary>What such a call needs beside the route's own policy.</summary>
    public string? Scope { get; init; }

    /// <summary>The subject of a call that names none, such as <c>all users</c>.</summary>
    public string? Whole { get; init; }

    /// <summary>What needs the scope, in words.</summary>
    public string Needing => Parameter is null ? "What is older than the live window" : $"The parameter {Parameter}";
}

internal static class AuditMetadataExtensions
{
    /// <summary>Every successful call is a line of the audit, before its answer goes out.</summary>
    /// <param name="parameter">Only calls that give this query parameter.</param>
    /// <param name="whole">The subject of a call that names none.</param>
    /// <param name="counted">Whether its rows count against the caller's quota.</param>
    public static T Audited<T>(this T endpoint, string action, string? parameter = null, bool recordBody = false, string? whole = null, bool counted = false)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(new AuditMetadata(action) { Parameter = parameter, RecordBody = recordBody, Whole = whole, IsCounted = counted });

    /// <summary>As <see cref="Audited"/>, and the caller has to say why.</summary>
    /// <param name="scope">What calls with the parameter need beside the route's own policy.</param>
    /// <param name="when">Only calls of which this is true. Of several rules of a route the first that applies holds.</param>
    public static T RequireReason<T>(this T endpoint, string action, string? parameter = null, string? scope = null, bool recordBody = false, Func<HttpContext, bool>? when = null, string? whole = null)
        where T : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new AuditMetadata(action) { ReasonRequired = true, IsCounted = true, Parameter = parameter, Scope = scope, RecordBody = recordBody, When = when, Whole = whole });

    /// <summary>The handler appends its own line, or the call changes nothing.</summary>
    public static T AuditedByItself<T>(this T endpoint)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(new AuditMetadata(Action: null));
}
