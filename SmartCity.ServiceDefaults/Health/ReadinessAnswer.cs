using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SmartCity.ServiceDefaults.Health;

/// <summary>
/// The body of <c>/health/ready</c>: the state on the first line, then a line for each check and worker that is not healthy. Anybody may ask,
/// so the reasons are on the Ops page and in the logs.
/// </summary>
internal static class ReadinessAnswer
{
    public const string Workers = "workers";

    public static Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        var checks = report.Entries.Where(e => e.Key != Workers && e.Value.Status != HealthStatus.Healthy).Select(e => $"\n{e.Key}: {e.Value.Status}");
        var workers = context.RequestServices.GetRequiredService<WorkerHealth>().Reports.Where(w => w.State != WorkerState.Healthy).Select(w => $"\n{w.Name}: {w.State}");
        return context.Response.WriteAsync(string.Concat([report.Status.ToString(), .. checks, .. workers]), context.RequestAborted);
    }
}
