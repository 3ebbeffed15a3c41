using Microsoft.AspNetCore.Builder;

namespace SmartCity.Core.Audit;

/// <summary>Finds in what a call brings or gets what its line is about, and why: the plate of a search, the reason of a dispute.</summary>
/// <param name="Of">Subject and reason in a body, an answer or a detail; null for what is of another kind.</param>
/// <summary>The name of what a call was about, where neither its body nor its answer says it: left in the request's items under <see cref="AuditFilter.Details"/>.</summary>
internal sealed record AuditName(string Name);

internal sealed record AuditAbout(Func<object, (string? Subject, string? Reason)?> Of);

internal static class AuditAboutExtensions
{
    /// <summary>The line's subject and reason are in a body, an answer or a detail of this type; a subject stands behind the route's own, a reason instead of none.</summary>
    public static TEndpoint AuditAbout<TEndpoint, TItem>(this TEndpoint endpoint, Func<TItem, (string? Subject, string? Reason)> of)
        where TEndpoint : IEndpointConventionBuilder => endpoint.WithMetadata(new AuditAbout(o => o is TItem item ? of(item) : null));
}
