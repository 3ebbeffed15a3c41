using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.Primitives;
using Microsoft.OpenApi;
using SmartCity.Contracts.Api;

namespace SmartCity.Core.Api;

/// <summary>
/// Query parameters that come as headers (<see cref="QueryHeader"/>). Every route reads them like those of its address, which stays as it was sent. The
/// answer's <c>Vary</c> names those that were read, so a caller sees whether this core knows them.
/// </summary>
internal static class QueryHeaders
{
    public static Task ReadAsync(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        var sent = request.Headers.Where(h => h.Key.StartsWith(QueryHeader.Prefix, StringComparison.OrdinalIgnoreCase) && h.Key.Length > QueryHeader.Prefix.Length).ToList();
        if (sent.Count == 0)
        {
            return next(context);
        }

        var query = new Dictionary<string, StringValues>(request.Query, StringComparer.OrdinalIgnoreCase);
        foreach (var (header, values) in sent)
        {
            if (!query.TryAdd(header[QueryHeader.Prefix.Length..], values.Select(v => Uri.UnescapeDataString(v ?? "")).ToArray()))
            {
                return Paging.Problem($"{header[QueryHeader.Prefix.Length..].ToLowerInvariant()} is given twice: in the address and in the header {header}. Give it in the header alone.").ExecuteAsync(context);
            }

            context.Response.Headers.AppendCommaSeparatedValues("Vary", header);
        }

        context.Features.Set<IQueryFeature>(new QueryFeature(new QueryCollection(query)));
        return next(context);
    }

    /// <summary>What tells of a person is documented as a header. Addresses that hold it still work, for callers of earlier releases.</summary>
    public static Task DocumentAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>().Where(p => p.Name is not null && QueryHeader.IsPersonal(p.Name)).ToList() ?? [])
        {
            if (parameter.In == ParameterLocation.Path && parameter.Name == "plate")
            {
                operation.Deprecated = true;
                operation.Description = "The plate in this address is kept in the logs of servers and proxies. Use the route of the same name without it, with the header Query-Plate.";
            }
            else if (parameter.In == ParameterLocation.Query)
            {
                var header = QueryHeader.Of(parameter.Name!);
                operation.Parameters!.Add(new OpenApiParameter
                {
                    Name = header,
                    In = ParameterLocation.Header,
                    Schema = parameter.Schema,
                    Description = $"The parameter {parameter.Name}, percent-encoded. {parameter.Description}".TrimEnd(),
                });
                (parameter.Deprecated, parameter.Required) = (true, false);
                parameter.Description = $"Servers and proxies keep addresses in their logs: send the header {header} instead.";
            }
        }

        return Task.CompletedTask;
    }
}
