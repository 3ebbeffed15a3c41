using k8s;
using k8s.Models;
using YamlDotNet.RepresentationModel;

namespace SmartCity.Deploy.Tests;

/// <summary>One manifest. <see cref="Model"/> is null for a custom resource, which an operator knows.</summary>
internal sealed record Manifest(string ApiVersion, string Kind, string Name, YamlMappingNode Yaml, object? Model);

/// <summary>A pod that a manifest makes.</summary>
/// <param name="Ends">A job's: it serves nothing, and nobody probes it.</param>
internal sealed record Pod(string Name, IDictionary<string, string> Labels, V1PodSpec Spec, IReadOnlyList<string> Claims, bool Ends = false);

/// <summary>Everything that a chart makes.</summary>
internal sealed record Rendered(IReadOnlyList<Manifest> Manifests)
{
    /// <summary>Groups whose resources are operators': Strimzi, CloudNativePG, KEDA, Knative, cert-manager, OpenShift.</summary>
    private static readonly string[] Operators = ["kafka.strimzi.io/v1", "postgresql.cnpg.io/v1", "keda.sh/v1alpha1", "serving.knative.dev/v1", "sources.knative.dev/v1", "cert-manager.io/v1", "route.openshift.io/v1"];

    public IEnumerable<Pod> Pods =>
    [
        .. Of<V1Deployment>().Select(d => new Pod(d.Metadata.Name, d.Spec.Template.Metadata.Labels, d.Spec.Template.Spec, [])),
        .. Of<V1StatefulSet>().Select(s => new Pod(s.Metadata.Name, s.Spec.Template.Metadata.Labels, s.Spec.Template.Spec, [.. (s.Spec.VolumeClaimTemplates ?? []).Select(c => c.Metadata.Name)])),
        .. Of<V1CronJob>().Select(j => new Pod(j.Metadata.Name, j.Spec.JobTemplate.Spec.Template.Metadata.Labels, j.Spec.JobTemplate.Spec.Template.Spec, [], Ends: true)),
    ];

    public IEnumerable<V1EnvVar> Environment => Pods.SelectMany(p => p.Spec.Containers).SelectMany(c => c.Env ?? []);

    public static Rendered Parse(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return new Rendered([.. stream.Documents.Select(d => d.RootNode).OfType<YamlMappingNode>().Select(Read)]);
    }

    public IEnumerable<T> Of<T>() => Manifests.Select(m => m.Model).OfType<T>();

    private static Manifest Read(YamlMappingNode node)
    {
        var (version, kind, name) = (node["apiVersion"].ToString(), node["kind"].ToString(), node["metadata"]["name"].ToString());
        if (Operators.Contains(version))
        {
            return new Manifest(version, kind, name, node, null);
        }

        var writer = new StringWriter();
        new YamlStream(new YamlDocument(node)).Save(writer, assignAnchors: false);
        return new Manifest(version, kind, name, node, Assert.Single(KubernetesYaml.LoadAllFromString(writer.ToString(), strict: true)));
    }
}
