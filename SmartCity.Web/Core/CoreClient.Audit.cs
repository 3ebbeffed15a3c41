using Microsoft.AspNetCore.WebUtilities;
using SmartCity.Contracts.Api;

namespace SmartCity.Web.Core;

public sealed partial class CoreClient
{
    /// <param name="filter">Parameters of <c>GET /api/audit</c>; empty ones are left out.</param>
    public Task<Page<AuditLine>> AuditAsync(IEnumerable<(string Name, string? Value)> filter, string? after, CancellationToken cancellationToken) =>
        GetAsync<Page<AuditLine>>(QueryHelpers.AddQueryString("api/audit", Given([.. filter, ("limit", "100"), ("after", after)])), cancellationToken);

    public Task<AuditVerdict> CheckAuditAsync(CancellationToken cancellationToken) => GetAsync<AuditVerdict>("api/audit/check", cancellationToken, within: Long);
}
