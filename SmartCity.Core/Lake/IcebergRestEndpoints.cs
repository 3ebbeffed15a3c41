using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Lake.Iceberg;

namespace SmartCity.Core.Lake;

/// <summary>
/// Iceberg's REST catalogue, to read: for engines that cannot reach Postgres. The token that they are given is an API key with the scope <c>ops:read</c>. It says where
/// the tables' files are; whoever reads them needs rights in the object store.
/// </summary>
internal static class IcebergRestEndpoints
{
    public static IEndpointRouteBuilder MapIcebergRest(this IEndpointRouteBuilder app)
    {
        var rest = app.MapGroup("/iceberg/v1").WithTags("Lake").RequireAuthorization(Scope.OpsRead);
        rest.MapGet("config", () => Json(new JsonObject
        {
            ["defaults"] = new JsonObject(),
            ["overrides"] = new JsonObject(),
            ["endpoints"] = new JsonArray("GET /v1/{prefix}/namespaces", "GET /v1/{prefix}/namespaces/{namespace}", "GET /v1/{prefix}/namespaces/{namespace}/tables", "GET /v1/{prefix}/namespaces/{namespace}/tables/{table}"),
        })).WithSummary("Iceberg's REST catalogue: what it can do");
        rest.MapGet("namespaces", (string? parent) => Json(new JsonObject { ["namespaces"] = parent is null or "" ? new JsonArray(new JsonArray(LakeCatalogue.Namespace)) : new JsonArray() }))
            .WithSummary("Iceberg's REST catalogue: namespaces");
        rest.MapGet("namespaces/{space}", (string space) => space == LakeCatalogue.Namespace
            ? Json(new JsonObject { ["namespace"] = new JsonArray(space), ["properties"] = new JsonObject() })
            : Missing("NoSuchNamespaceException", $"There is no namespace {space}; there is {LakeCatalogue.Namespace}.")).WithSummary("Iceberg's REST catalogue: a namespace");
        rest.MapGet("namespaces/{space}/tables", ListAsync).WithSummary("Iceberg's REST catalogue: the tables of a namespace");
        rest.MapGet("namespaces/{space}/tables/{table}", LoadAsync).WithSummary("Iceberg's REST catalogue: a table as it is now");
        return app;
    }

    private static async Task<IResult> ListAsync(string space, NpgsqlDataSource dataSource, CityLake lake, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        var tables = new JsonArray();
        foreach (var table in space == LakeCatalogue.Namespace ? lake.Tables : [])
        {
            if (await LakeCatalogue.FindAsync(connection, null, table.Name, cancellationToken) is not null)
            {
                tables.Add(new JsonObject { ["namespace"] = new JsonArray(space), ["name"] = table.Name });
            }
        }

        return Json(new JsonObject { ["identifiers"] = tables });
    }

    private static async Task<IResult> LoadAsync(string space, string table, NpgsqlDataSource dataSource, CityLake lake, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        var known = space == LakeCatalogue.Namespace ? lake.Tables.FirstOrDefault(t => t.Name == table) : null;
        return known is not null && await known.LoadAsync(connection, null, cancellationToken) is { } state
            ? Json(new JsonObject { ["metadata-location"] = state.Location, ["metadata"] = state.Metadata.ToJson(), ["config"] = new JsonObject() })
            : Missing("NoSuchTableException", $"There is no table {space}.{table}.");
    }

    private static IResult Missing(string type, string message) =>
        Json(new JsonObject { ["error"] = new JsonObject { ["message"] = message, ["type"] = type, ["code"] = StatusCodes.Status404NotFound } }, StatusCodes.Status404NotFound);

    private static IResult Json(JsonObject body, int status = StatusCodes.Status200OK) => Results.Text(body.ToJsonString(), "application/json", statusCode: status);
}
