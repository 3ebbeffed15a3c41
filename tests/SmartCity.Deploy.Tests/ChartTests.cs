using System.Text.RegularExpressions;
using k8s.Models;
using SmartCity.Contracts;
using YamlDotNet.RepresentationModel;

namespace SmartCity.Deploy.Tests;

/// <summary>What holds for the charts in each way to install them.</summary>
public sealed partial class ChartTests
{
    public static TheoryData<Installation> Installations => [.. Installation.All];

    [Theory]
    [InlineData("smartcity")]
    [InlineData("smartcity-edge", "--set", "station=london-a1")]
    public async Task Helm_finds_nothing_wrong(string chart, params string[] values)
    {
        var (status, output, errors) = await Helm.RunAsync(["lint", "--strict", Repository.File("deploy", "charts", chart), .. values]);
        Assert.True(status == 0, output + errors);
    }

    [Theory]
    [MemberData(nameof(Installations))]
    public async Task Every_manifest_is_of_a_known_kind_with_known_fields_and_a_name_of_its_own(Installation values)
    {
        var rendered = await Helm.RenderAsync(values);
        Assert.NotEmpty(rendered.Pods);
        Assert.Distinct(rendered.Manifests.Select(m => (m.Kind, m.Name)));
        Assert.DoesNotContain(rendered.Manifests, m => m.Kind == "Secret");
    }

    [Theory]
    [MemberData(nameof(Installations))]
    public async Task Every_container_is_pinned_probed_bounded_and_without_privileges(Installation values)
    {
        foreach (var pod in (await Helm.RenderAsync(values)).Pods)
        {
            Assert.True(pod.Spec.SecurityContext.RunAsNonRoot, pod.Name);
            Assert.Equal(!values.Values.Contains("openshift", StringComparison.Ordinal), pod.Spec.SecurityContext.RunAsUser > 0);
            Assert.Equal("RuntimeDefault", pod.Spec.SecurityContext.SeccompProfile.Type);
            Assert.False(pod.Spec.AutomountServiceAccountToken);
            foreach (var container in pod.Spec.Containers)
            {
                Assert.Matches(@"^[a-z0-9.-]+/[a-z0-9./-]+(:v?\d[\w.-]+|:RELEASE\.[\w-]+)$", container.Image);
                Assert.NotNull(container.ReadinessProbe);
                Assert.NotNull(container.LivenessProbe);
                Assert.Superset(new HashSet<string> { "cpu", "memory" }, container.Resources.Limits.Keys.ToHashSet());
                Assert.Superset(new HashSet<string> { "cpu", "memory" }, container.Resources.Requests.Keys.ToHashSet());
                Assert.True(container.SecurityContext.ReadOnlyRootFilesystem, container.Name);
                Assert.True(container.SecurityContext.RunAsNonRoot, container.Name);
                Assert.False(container.SecurityContext.AllowPrivilegeEscalation, container.Name);
                Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Installations))]
    public async Task A_container_mounts_what_is_there_and_probes_a_port_that_it_opens(Installation values)
    {
        var rendered = await Helm.RenderAsync(values);
        foreach (var pod in rendered.Pods)
        {
            var volumes = (pod.Spec.Volumes ?? []).Select(v => v.Name).Concat(pod.Claims).ToHashSet();
            foreach (var container in pod.Spec.Containers)
            {
                Assert.Superset((container.VolumeMounts ?? []).Select(m => m.Name).ToHashSet(), volumes);
                var ports = container.Ports.Select(p => p.Name).ToHashSet();
                foreach (var probe in new[] { container.StartupProbe, container.ReadinessProbe, container.LivenessProbe }.OfType<V1Probe>())
                {
                    Assert.True(probe.Exec is not null || ports.Contains((probe.HttpGet?.Port ?? probe.TcpSocket.Port).ToString()), $"{container.Name} probes a port that it does not name.");
                }
            }

            var maps = rendered.Of<V1ConfigMap>().Select(c => c.Metadata.Name).ToHashSet();
            Assert.All((pod.Spec.Volumes ?? []).Where(v => v.ConfigMap is not null), v => Assert.Contains(v.ConfigMap.Name, maps));
            var claims = rendered.Of<V1PersistentVolumeClaim>().Select(c => c.Metadata.Name).ToHashSet();
            Assert.All((pod.Spec.Volumes ?? []).Where(v => v.PersistentVolumeClaim is not null), v => Assert.Contains(v.PersistentVolumeClaim.ClaimName, claims));
        }
    }

    [Theory]
    [MemberData(nameof(Installations))]
    public async Task A_service_leads_to_a_pod_and_to_a_port_that_it_opens(Installation values)
    {
        var rendered = await Helm.RenderAsync(values);
        foreach (var service in rendered.Of<V1Service>())
        {
            var pod = Assert.Single(rendered.Pods, p => Selects(service.Spec.Selector, p));
            var ports = pod.Spec.Containers.SelectMany(c => c.Ports).Select(p => p.Name).ToHashSet();
            Assert.All(service.Spec.Ports, p => Assert.Contains(p.TargetPort.ToString(), ports));
        }

        foreach (var set in rendered.Of<V1StatefulSet>())
        {
            Assert.Contains(rendered.Of<V1Service>(), s => s.Metadata.Name == set.Spec.ServiceName);
        }

        Assert.All(rendered.Of<V1PodDisruptionBudget>(), b => Assert.Single(rendered.Pods, p => Selects(b.Spec.Selector.MatchLabels, p)));
        Assert.All(rendered.Of<V2HorizontalPodAutoscaler>(), h => Assert.Contains(rendered.Of<V1Deployment>(), d => d.Metadata.Name == h.Spec.ScaleTargetRef.Name && d.Spec.Replicas is null));
    }

    [Theory]
    [MemberData(nameof(Installations))]
    public async Task Every_address_within_the_release_is_a_service_of_it_or_of_an_operator(Installation values)
    {
        var rendered = await Helm.RenderAsync(values);
        var services = rendered.Of<V1Service>().Select(s => s.Metadata.Name)
            .Concat(rendered.Manifests.Where(m => m.Kind == "Kafka").Select(m => $"{m.Name}-kafka-bootstrap"))
            .Concat(rendered.Manifests.Where(m => m.Kind == "Cluster").SelectMany(m => new[] { $"{m.Name}-rw", $"{m.Name}-ro" }))
            .ToHashSet();
        var texts = rendered.Environment.Select(e => e.Value ?? "")
            .Concat(rendered.Of<V1ConfigMap>().SelectMany(c => c.Data).Where(d => d.Key.EndsWith(".properties", StringComparison.Ordinal)).Select(d => d.Value))
            .Concat(rendered.Manifests.Where(m => m.Kind == "ScaledObject").Select(m => m.Yaml.ToString()));
        var addresses = texts.SelectMany(t => Address().Matches(t)).Select(m => m.Groups["name"].Value)
            .Concat(rendered.Of<V1Ingress>().SelectMany(i => i.Spec.Rules).SelectMany(r => r.Http.Paths).Select(p => p.Backend.Service.Name))
            .Concat(rendered.Manifests.Where(m => m.Kind == "Route").Select(m => m.Yaml["spec"]["to"]["name"].ToString()))
            .ToHashSet();
        Assert.Superset(addresses, services);
    }

    [Theory]
    [MemberData(nameof(Installations))]
    public async Task Network_policies_are_of_pods_that_are_there_and_let_their_services_be_reached(Installation values)
    {
        var rendered = await Helm.RenderAsync(values);
        var policies = rendered.Of<V1NetworkPolicy>().ToList();
        Assert.All(policies, n => Assert.Single(rendered.Pods, p => Selects(n.Spec.PodSelector.MatchLabels, p)));
        Assert.All(rendered.Pods, p => Assert.Single(policies, n => Selects(n.Spec.PodSelector.MatchLabels, p)));
        foreach (var policy in policies.Where(n => n.Spec.Ingress is { Count: > 0 }))
        {
            var pod = rendered.Pods.Single(p => Selects(policy.Spec.PodSelector.MatchLabels, p));
            var open = pod.Spec.Containers.SelectMany(c => c.Ports).Select(p => p.ContainerPort.ToString(System.Globalization.CultureInfo.InvariantCulture)).ToHashSet();
            Assert.All(policy.Spec.Ingress.SelectMany(i => i.Ports), p => Assert.Contains(p.Port.ToString(), open));
        }
    }

    [Theory]
    [MemberData(nameof(Installations))]
    public async Task Every_secret_key_that_is_used_is_named_in_the_values(Installation values)
    {
        var rendered = await Helm.RenderAsync(values);
        var text = await File.ReadAllTextAsync(Repository.File("deploy", "charts", values.Chart, "values.yaml"), TestContext.Current.CancellationToken);
        var made = rendered.Manifests.Where(m => m.Kind == "KafkaUser").Select(m => m.Name)
            .Concat(rendered.Manifests.Where(m => m.Kind == "Cluster").Select(m => $"{m.Name}-app")).ToHashSet();
        foreach (var reference in rendered.Environment.Select(e => e.ValueFrom?.SecretKeyRef).OfType<V1SecretKeySelector>().Where(r => !made.Contains(r.Name)))
        {
            Assert.Equal(values.Chart, reference.Name);
            Assert.Matches($@"#.*\b{reference.Key}\b", text);
        }
    }

    [Fact]
    public async Task The_mirror_is_set_as_everywhere_else()
    {
        var rendered = await Helm.RenderAsync(new Installation("smartcity-edge", "--set station=london-a1,mirror.mode=mirrormaker"));
        var chart = rendered.Of<V1ConfigMap>().Single(c => c.Data.ContainsKey("mm2.properties")).Data["mm2.properties"].Split('\n').ToHashSet();
        var ours = MirrorMaker.Properties([("london-a1", "${env:KAFKA_EDGE}")], "${env:KAFKA_CORE}", 3).Split('\n').ToHashSet();
        Assert.Superset(ours, chart);
    }

    [Fact]
    public async Task An_edge_may_go_where_its_receivers_listen()
    {
        var rendered = await Helm.RenderAsync(new Installation(
            "smartcity-edge", "--set station=london-a1,core=https://api.example.org,hotlist.webhooks[0].address=http://room:7443/plates,hotlist.webhooks[0].secretKey=room,networkPolicy.egressPorts={9094}"));

        var ports = rendered.Of<V1NetworkPolicy>().Single(p => p.Name() == $"{Helm.Release}-edge").Spec.Egress.SelectMany(e => e.Ports).Select(p => p.Port.Value);
        Assert.Equal(["53", "53", "9094", "7443"], ports);
    }

    [Theory]
    [InlineData("smartcity-edge", "", "/station")]
    [InlineData("smartcity-edge", "--set station=London_A1", "/station")]
    [InlineData("smartcity-edge", "--set station=london-a1,mirror.mode=none", "kafka.mode")]
    [InlineData("smartcity-edge", "--set station=london-a1,hotlist.webhooks[0].address=http://room/,hotlist.webhooks[0].secretKey=room", "core")]
    [InlineData("smartcity-edge", "--set station=london-a1,core=http://core,hotlist.webhooks[0].address=http://room/", "secretKey")]
    [InlineData("smartcity", "--set web.replicas=2", "ReadWriteMany")]
    [InlineData("smartcity", "--set image.tag=latest", "/image/tag")]
    [InlineData("smartcity", "--set kafka.mode=kafka", "/kafka/mode")]
    [InlineData("smartcity", "--set core.autoscaling.mode=lag,kafka.mode=external", "core.autoscaling.bootstrapServers")]
    public async Task Wrong_values_are_refused_with_what_is_wrong(string chart, string values, string named)
    {
        var (status, _, errors) = await Helm.TemplateAsync(new Installation(chart, values));
        Assert.NotEqual(0, status);
        Assert.Contains(named, errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("smartcity")]
    [InlineData("smartcity-edge")]
    public async Task Every_value_that_a_template_takes_is_in_the_values_file(string chart)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(await File.ReadAllTextAsync(Repository.File("deploy", "charts", chart, "values.yaml"), TestContext.Current.CancellationToken)));
        foreach (var template in Directory.EnumerateFiles(Repository.File("deploy", "charts", chart, "templates")))
        {
            foreach (Match match in Value().Matches(await File.ReadAllTextAsync(template, TestContext.Current.CancellationToken)))
            {
                var node = yaml.Documents[0].RootNode;
                foreach (var part in match.Groups[1].Value.Split('.'))
                {
                    Assert.True(node is YamlMappingNode map && map.Children.TryGetValue(part, out node!), $"{Path.GetFileName(template)} takes {match.Value}, which values.yaml does not have.");
                }
            }
        }
    }

    private static bool Selects(IDictionary<string, string> selector, Pod pod) => selector.All(s => pod.Labels.TryGetValue(s.Key, out var value) && value == s.Value);

    [GeneratedRegex($@"(?<![\w.-])(?<name>{Helm.Release}-[a-z-]+?)(?:\.[a-z0-9.-]+)?:\d+|Host=(?<name>{Helm.Release}-[a-z-]+)")]
    private static partial Regex Address();

    [GeneratedRegex(@"\.Values\.([A-Za-z0-9]+(?:\.[A-Za-z0-9]+)*)")]
    private static partial Regex Value();
}
