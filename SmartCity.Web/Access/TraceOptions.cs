using System.ComponentModel.DataAnnotations;

namespace SmartCity.Web.Access;

/// <summary>Section <c>Console:Traces</c>: where traces can be looked at. The paths are the Aspire dashboard's unless others are given.</summary>
public sealed class TraceOptions : IValidatableObject
{
    public const string Section = "Console:Traces";

    private const string TraceId = "{traceId}";
    private const string Service = "{service}";

    /// <summary>Of the dashboard as browsers reach it, such as <c>http://localhost:18888</c>; null for no links.</summary>
    public string? Address { get; init; }

    /// <summary>Path of one trace, with <c>{traceId}</c> in it.</summary>
    [Required]
    public string TracePath { get; init; } = "/traces/detail/" + TraceId;

    /// <summary>Path of a service's traces, with <c>{service}</c> in it.</summary>
    [Required]
    public string ServicePath { get; init; } = "/traces/resource/" + Service;

    /// <summary>Address of a trace; null when there is no dashboard.</summary>
    /// <param name="traceId">32 hexadecimal digits.</param>
    public string? OfTrace(string traceId) => Link(TracePath, TraceId, traceId);

    /// <summary>Address of a service's traces; null when there is no dashboard.</summary>
    /// <param name="service">Its OpenTelemetry <c>service.name</c>.</param>
    public string? OfService(string service) => Link(ServicePath, Service, service);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Address is { Length: > 0 } && !(Uri.TryCreate(Address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
        {
            yield return new ValidationResult($"Console:Traces:Address is '{Address}'; it must be an http or https address, such as http://localhost:18888.", [nameof(Address)]);
        }

        if (TracePath?.Contains(TraceId, StringComparison.Ordinal) == false)
        {
            yield return new ValidationResult($"Console:Traces:TracePath must have {TraceId} in it.", [nameof(TracePath)]);
        }

        if (ServicePath?.Contains(Service, StringComparison.Ordinal) == false)
        {
            yield return new ValidationResult($"Console:Traces:ServicePath must have {Service} in it.", [nameof(ServicePath)]);
        }
    }

    private string? Link(string path, string placeholder, string value) =>
        string.IsNullOrEmpty(Address) ? null : $"{Address.TrimEnd('/')}/{path.TrimStart('/').Replace(placeholder, Uri.EscapeDataString(value), StringComparison.Ordinal)}";
}
