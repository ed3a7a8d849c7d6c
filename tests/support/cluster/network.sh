# The network of a run's hosts, and what is counted on it. Sourced by host.sh, which sets `dir` and `run`.
# shellcheck shell=bash disable=SC2154
# A bridge in a network namespace of its own is all there is: it has an address, which hosts take for their gateway and
# name server, and forwards nothing. Everything that a host sends anywhere else passes the counters here.

readonly gateway=10.99.0.254
readonly subnet=10.99.0.0/24
readonly pods_and_services='10.244.0.0/16, 10.96.0.0/12'

in_network() { ip netns exec "kf-$run" "$@"; }

net_exists() { [[ -e /run/netns/kf-$run ]]; }

net_up() {
  ! net_exists || return 0
  ip netns add "kf-$run"
  in_network ip link set lo up
  in_network sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0 net.ipv6.conf.default.accept_ra=0
  in_network ip link add br0 type bridge
  in_network ip addr add "$gateway/24" dev br0
  in_network ip link set br0 up
  count_packets
}

# On the bridge itself, so that it counts what one host sends to another as well as what comes to the gateway. Packets for
# the address of the gateway are no attempt to leave: `kubeferry serve` listens there; but name look-ups are told apart.
count_packets() {
  in_network nft -f - <<NFT
table bridge egress {
  counter leaving4 { }
  counter leaving6 { }
  counter link_local { }
  counter names { }
  counter gateway_arp { }
  set where4 { type ipv4_addr . inet_proto; flags dynamic; size 4096; counter; }
  set where6 { type ipv6_addr; flags dynamic; size 4096; counter; }
  chain foreign4 {
    ip daddr { $subnet, $pods_and_services, 224.0.0.0/4, 255.255.255.255, 0.0.0.0, 127.0.0.0/8 } return
    add @where4 { ip daddr . ip protocol }
    ip daddr 169.254.0.0/16 counter name link_local return
    counter name leaving4
  }
  chain foreign6 {
    ip6 daddr { fe80::/10, ff00::/8, ::1 } return
    add @where6 { ip6 daddr }
    counter name leaving6
  }
  chain arriving {
    type filter hook prerouting priority -300; policy accept;
    ether type arp arp operation request arp daddr ip $gateway counter name gateway_arp
    ip daddr $gateway udp dport 53 counter name names
    ip daddr $gateway tcp dport 53 counter name names
    ether type ip jump foreign4
    ether type ip6 jump foreign6
  }
}
NFT
}

# Prints the counters, and below them where it would have gone.
egress() {
  if [[ ${1:-} == reset ]]; then
    in_network nft delete table bridge egress
    count_packets
    return
  fi
  in_network nft -j list table bridge egress | python3 -c '
import json, sys
found = json.load(sys.stdin)["nftables"]
counts = {entry["counter"]["name"]: entry["counter"]["packets"] for entry in found if "counter" in entry}
print("leaving", counts["leaving4"] + counts["leaving6"])
print("link-local", counts["link_local"])
print("name-lookups", counts["names"])
print("arp-for-gateway", counts["gateway_arp"])
for entry in found:
    for element in entry.get("set", {}).get("elem", []):
        element = element["elem"]
        where = element["val"]
        where = " ".join(map(str, where["concat"])) if isinstance(where, dict) else where
        print("to", where, element["counter"]["packets"])'
}

# A cable from the bridge to the host's own namespace.
plug_in() { # name, address
  local space=kf-$run-$1
  ip netns add "$space"
  ip link add "to-$1" netns "kf-$run" type veth peer name eth0 netns "$space"
  in_network ip link set "to-$1" master br0 up
  ip netns exec "$space" sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0 net.ipv6.conf.eth0.accept_dad=0 \
    net.ipv6.conf.eth0.accept_ra=0
  ip netns exec "$space" ip link set lo up
  ip netns exec "$space" ip addr add "$2/24" dev eth0
  ip netns exec "$space" ip link set eth0 up
  # It leads nowhere, but without it a host cannot reach the addresses of Services.
  ip netns exec "$space" ip route add default via "$gateway"
}

unplug() { # name
  ! net_exists || in_network ip link del "to-$1" 2>/dev/null || true
  [[ ! -e /run/netns/kf-$run-$1 ]] || ip netns del "kf-$run-$1"
}

net_down() {
  ! net_exists || ip netns del "kf-$run"
}
